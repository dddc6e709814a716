# Tables and plots of bench/web can be made of results from before, here of made-up ones, in which
# servers have failed. After a change of the tables: run this by hand and copy report.md.
. "$ROOT/tests/cli/assert"

results=$ROOT/tests/cli/bench-web-report
expect 1 python3 "$ROOT/bench/web/run" --from="$results.json" --output=made
says out '3 bars hold, 3 are missed'
says out 'missed: php: '
says out 'missed: small: thread: '
diff "$results.md" made/report.md || fail "made/report.md is not as expected"

expect 1 python3 "$ROOT/bench/web/run" --from=missing.json --output=made
says err 'cannot run: '
expect 2 python3 "$ROOT/bench/web/run" --workloads='small,smal'
says err 'unknown: smal'

exec python3 "$ROOT/tests/cli/bench-web-plots.py" "$results.json" made
