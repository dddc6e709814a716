# The load generators of bench/web count what they are to count, and fail when an answer is wrong or
# missing: asked of a server in Python. They compile without a warning. limit: 120 s
. "$ROOT/tests/cli/assert"

load=$ROOT/bench/web/load
for name in hold steady handshakes; do
    expect 0 "${CC:-gcc}" -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Wshadow \
        -Wconversion -Werror -o "$name" "$load/$name.c" "$load/client.c" -lssl -lcrypto -pthread
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
    -keyout key.pem -out certificate.pem 2>err || fail "no key: $(cat err)"

exec python3 "$ROOT/tests/cli/bench-web-load.py"
