# The Makefile builds again what has to be built again, and nothing else. Asked without building:
# `make -n -W FILE` says what it would do if FILE had changed.
set -eu
cd "$ROOT"
build=${BUILD#"$ROOT"/}
program=$build/examples/include-thread

would() {
    file=$1
    shift
    make -n -s -W "$file" BUILD="$build" "$@" 2>&1
}

expect() { # FILE TARGET PATTERN...: if FILE changed, commands with all of these would run
    file=$1 target=$2
    shift 2
    commands=$(would "$file" "$target")
    for pattern; do
        echo "$commands" | grep -q -- "$pattern" || {
            echo "a change of $file does not lead to $pattern for $target; only to"
            echo "$commands"
            exit 1
        }
    done
}

expect_nothing() { # FILE TARGET
    commands=$(would "$1" "$2")
    [ -z "$commands" ] || {
        echo "a change of $1 leads to, for $2,"
        echo "$commands"
        exit 1
    }
}

make -s BUILD="$build" all "$program" >/dev/null
[ -z "$(make -n -s BUILD="$build" all "$program")" ] || {
    echo "something is built again for no reason:"
    make -n -s BUILD="$build" all "$program"
    exit 1
}

expect fluxc/program.h "$build/bin/fluxc" fluxc/resolve.o bin/fluxc
expect grammar/flux.y "$build/bin/fluxc" bison bin/fluxc
expect runtimes/flux_abi.h "$build/lib/libflux-thread.a" thread.o libflux-thread.a
expect runtimes/flux.h "$program" include/nodes.o include-thread/flows.o "$program"
expect examples/include/include.flux "$program" "fluxc --runtime" "$program"
expect examples/include/shapes.flux "$program" "fluxc --runtime" "$program"
expect examples/include/shape.h "$program" shapes.o include-thread/flows.o "$program"
expect examples/include/nodes.c "$program" include/nodes.o "$program"
expect "$build/bin/fluxc" "$program" "fluxc --runtime"
expect "$build/lib/libflux-thread.a" "$program" "$program"

expect_nothing examples/include/nodes.c "$build/bin/fluxc"
expect_nothing examples/include/shapes.flux "$build/bin/fluxc"
expect_nothing README.md "$program"
