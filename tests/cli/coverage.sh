# tools/coverage.py: what is not run is missed, marks need a reason and a branch that is not taken.
. "$ROOT/tests/cli/assert"

command -v gcov >/dev/null || { echo "no gcov"; exit 77; }
mkdir -p runtimes/core build/obj/runtimes/core

# measure STATUS MARK: counts a program whose line 5 has a branch that is not taken, with that mark.
measure() {
    cat >runtimes/core/a.c <<END
#include <assert.h>
int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) $2
        return 1;
    assert(argc == 1 &&
           argv[0] != 0);
    return argc == 1 ? 0 : 2; $3
}
END
    gcc --coverage -O0 -c -o build/obj/runtimes/core/a.o runtimes/core/a.c &&
        gcc --coverage -o a build/obj/runtimes/core/a.o && ./a || fail "cannot be counted"
    expect "$1" python3 "$ROOT/tools/coverage.py" build -v
    rm build/obj/runtimes/core/*
}
end='/* uncovered: argc again */'

measure 0 '/* uncovered: a test gives no argument */' "$end"
says out "a.c "
says out "2 marked"
says out "holds   branches of the runtimes' core: 100.00 %, at least 100 %"
measure 0 '/* raced: by luck */' '/* raced: by luck,
    over two lines */'

measure 1 '' "$end"
says out "runtimes/core/a.c:5: branches taken 0 1 times"
says out "    if (argc > 1)"
says out "MISSES  branches of the runtimes' core: 66.67 %, at least 100 %"
grep -q "a.c:[79]:" out && fail "an assert or a marked line is missed"

measure 1 '/* uncovered: */' "$end"
says out "a.c:5: the mark gives no reason"
measure 1 '/* uncovered: no argument */' "$end
/* raced: nothing here */"
says out "the mark is on a line without branches"

# A mark above its line; and one that has become wrong.
cat >runtimes/core/a.c <<'END'
int main(int argc, char **argv)
{
    /* uncovered: no argument
     * is given */
    if (argc > 1)
        return 1;
    for (int i = 0; i < 2; i++) /* uncovered: never true */
        (void)argv;
    return 0;
}
END
gcc --coverage -O0 -c -o build/obj/runtimes/core/a.o runtimes/core/a.c &&
    gcc --coverage -o a build/obj/runtimes/core/a.o && ./a || fail "cannot be counted"
expect 1 python3 "$ROOT/tools/coverage.py" build
says out "runtimes/core/a.c:7: marked as uncovered, but every branch is taken"
[ "$(grep -c 'a\.c:' out)" -eq 1 ] || fail "$(cat out)"
