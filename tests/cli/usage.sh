# Wrong usage: exit 2, a line that says what is wrong, and nothing is written.
. "$ROOT/tests/cli/assert"

good x

wrong() { # TEXT OPTION...
    text=$1
    shift
    expect 2 "$FLUXC" "$@"
    says err "fluxc: error: $text"
    says err "Try 'fluxc --help'."
    holds x.flux
}

wrong "no program to compile"
wrong "unknown option '--runtme=event'" --runtme=event x.flux
wrong "no runtime is called 'evnt': did you mean 'event'?" --runtime=evnt x.flux
wrong "no runtime is called 'green'" --runtime=green x.flux
wrong "--runtime needs a value" x.flux --runtime
wrong "--emit does not know 'pdf'" --emit=pdf x.flux
wrong "--emit does not know 'stub': did you mean 'stubs'?" --emit=stub x.flux
wrong "two programs, 'x.flux' and 'y.flux'" x.flux y.flux
wrong "no warning is called by '-Wnonsense'" -Wnonsense x.flux
wrong "no warning is called by '-Wno-unknown-node'" -Wno-unknown-node x.flux
wrong "-d takes letters of 'aglp', not 'x'" -d x x.flux
wrong "-d prints instead of writing files" -d g -o y.c x.flux
wrong "-MF and -MT need -MD" -MF y.d x.flux
wrong "-MD needs -MF" -MD -o - x.flux
wrong "-o needs a name" -o "" x.flux
wrong "--version takes no value" --version=3 x.flux
wrong "the program has an empty name" ""
wrong "an executable does not go to standard output" build -o - x.flux
wrong "-o is given twice" -o a.c -o b.c x.flux
wrong "--color is auto, always or never" --color=blue x.flux
wrong "-v is for fluxc build" -v x.flux
wrong "no program: no file ends in .flux" build nodes.c
wrong "--emit is for fluxc without build" build --emit=dot x.flux
wrong "unknown option '--<1B>[31m'" "$(printf -- '--\033[31m')" x.flux

expect 0 "$FLUXC" --help
says out "Usage: fluxc"
for runtime in thread pool event trace; do says out "  $runtime "; done
expect 0 "$FLUXC" --version
says out "fluxc "
expect 0 "$FLUXC" --help-warnings
says out "early-acquisition"
says out "unknown-node"
# Values stand behind '=' or in the next word.
expect 0 "$FLUXC" --runtime pool --emit prog -- x.flux
expect 0 "$FLUXC" --runtime=pool --emit=prog -- x.flux
