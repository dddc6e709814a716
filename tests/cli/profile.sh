# --profile: what it adds and what it does not, more ways than there are numbers, and the file.
# limit: 180 s
. "$ROOT/tests/cli/assert"

cat >two.flux <<'END'
source Ask {session: Who} => Work;
Work = Look -> Done;
Look:[odd] = Odd;
Look:[_] = ;
Ask () => (int n);
Odd (int n) => (int n);
Done (int n) => ();
typedef odd IsOdd;
atomic Odd:{own(session), all};
END
cat >two.c <<'END'
#include "two_flux.h"
#include <flux.h>
#include <errno.h>
int Ask(Ask_out *out)
{
    static int n;
    out->n = n++;
    return n > 100 ? FLUX_STOP : n % 10 == 0 ? EAGAIN : 0;
}
uint64_t Who(const Ask_out *out)
{
    return out->n % 4;
}
bool IsOdd(int n)
{
    return n % 2;
}
int Odd(Odd_in *in, Odd_out *out)
{
    out->n = in->n;
    return in->n % 7 == 0 ? EIO : 0;
}
int Done(Done_in *in)
{
    (void)in;
    return 0;
}
END

# Without it, no trace of it.
expect 0 "$FLUXC_REAL" -o plain.c two.flux
grep -qi profile plain.c && fail "there is something of a profile in the C of a program without one"
expect 0 "$FLUXC_REAL" build -w -o two two.flux two.c $FLAGS
expect 2 ./two --profile=two.json
says err "no such option"

for runtime in thread pool event; do
    expect 0 "$FLUXC_REAL" build --profile --runtime=$runtime -Wall -Wextra -Werror -o two two.flux \
        two.c $FLAGS
    expect 0 ./two --help
    says out "--profile FILE"
    expect 0 ./two --profile=two.json
    expect 0 python3 - <<'END'
import json, os, sys
sys.path.append(os.environ["ROOT"] + "/tests/harness")
import profiles

profile = json.load(open("two.json"))
profiles.check(profile)
ask = profile["sources"]["Ask"]
assert (ask["flows"], ask["failures"], ask["ended"], ask["requests"]) == (90, 11, 90, 90), ask
nodes = {name: (node["calls"], node["errors"]) for name, node in profile["nodes"].items()}
odd = [n for n in range(100) if n % 10 != 9 and n % 2]
bad = [n for n in odd if n % 7 == 0]
assert nodes == {"Ask": (101, 11), "Odd": (len(odd), len(bad)), "Done": (90 - len(bad), 0)}, nodes
assert profile["arm_counts"] == {"Look": [len(odd), 90 - len(odd), 0]}, profile["arm_counts"]
taken = {name: it["taken"] for name, it in profile["constraints"].items()}
assert taken == {"own": len(odd), "all": len(odd)}, taken
counts = profile["session_counts"]["Ask"]
assert counts == {"sessions": 4, "flows": 90, "most": [25, 25, 20, 20]}, counts
assert profile["sessions"]["Ask"] == "4" or profile["sessions"]["Ask"].startswith("zipf:4,")
ways = {(way["begins"], *way["steps"], way["ends"]): way["count"] for way in profile["paths"]}
assert ways == {
    ("source", "Ask", "born"): 90,
    ("source", "Ask!", "failed"): 11,
    ("start", "Look:0", "Odd", "Done", "end"): len(odd) - len(bad),
    ("start", "Look:0", "Odd!", "end"): len(bad),
    ("start", "Look:1", "Done", "end"): 90 - len(odd),
}, ways
END
done

# A file that cannot be written is said before anything runs; one that becomes so, at the end.
expect 1 ./two --profile=nowhere/two.json
says err "nowhere/two.json cannot be written: No such file or directory"
expect 1 ./two --profile=/dev/full
says err "/dev/full cannot be written: No space left on device"

# Several processes leave a file each.
expect 0 ./two --profile=each.json --processes=2
for number in 0 1; do
    expect 0 python3 -m json.tool each.json.$number
done
[ -e each.json ] && fail "there is a file of no process"

# A tracer finds the calls of nodes where the header that describes them is installed.
if echo '#include <sys/sdt.h>' | ${CC:-cc} -E - >out 2>err && command -v readelf >/dev/null; then
    expect 0 readelf -n two
    says out node__enter
    says out node__return
fi

# 2^70 ways.
python3 - >many.flux <<'END'
nodes = range(70)
print("source Ask => Work;\nAsk () => (int n);\nEnd (int n) => ();\ntypedef odd IsOdd;")
print("Work = " + " -> ".join(f"D{i}" for i in nodes) + " -> End;")
print("\n".join(f"D{i}:[odd] = X;\nD{i}:[_] = Y;" for i in nodes))
print("X (int n) => (int n);\nY (int n) => (int n);")
END
cat >many.c <<'END'
#include "many_flux.h"
#include <flux.h>
static int next(int n)
{
    return (int)((unsigned)n * 1103515245u + 12345u);
}
int Ask(Ask_out *out)
{
    static int n;
    out->n = 7919 * ++n;
    return n > 500 ? FLUX_STOP : 0;
}
bool IsOdd(int n)
{
    return n >> 16 & 1;
}
int X(X_in *in, X_out *out)
{
    out->n = next(in->n);
    return 0;
}
int Y(Y_in *in, Y_out *out)
{
    out->n = next(in->n);
    return 0;
}
int End(End_in *in)
{
    (void)in;
    return 0;
}
END
expect 0 "$FLUXC_REAL" build --profile --runtime=pool -Wall -Wextra -Werror -o many many.flux many.c \
    $FLAGS
expect 0 ./many --profile=many.json
expect 0 python3 - <<'END'
import json, os, sys
sys.path.append(os.environ["ROOT"] + "/tests/harness")
import profiles

profile = json.load(open("many.json"))
profiles.check(profile)
assert any(way["ends"].startswith("cut ") for way in profile["paths"])
calls = {name: node["calls"] for name, node in profile["nodes"].items()}
assert calls["End"] == 500 and calls["X"] + calls["Y"] == 500 * 70, calls
END
