# -MD: make builds what a change touches, and goes on when an include has been deleted. (R4)
. "$ROOT/tests/cli/assert"

mkdir 'sub dir'
cat >'sub dir/a#$b.flux' <<'END'
Show (int n) => ();
END
cat >main.flux <<'END'
include "sub dir/a#$b.flux";
Count () => (int n);
source Count => Show;
END
cat >Makefile <<'END'
main_flux.c:
	@echo run
	@$(FLUXC) -MD main.flux
-include main_flux.d
END
export FLUXC

# Each file gets a year of its own, so that nothing depends on how fast this runs.
aged() { # YEAR FILE...
    year=$1
    shift
    touch -d "$year-01-01" "$@"
}
made() { # yes|no WHEN
    said=$(make 2>&1) || fail "make fails $2: $said"
    case $said in
    run*) [ "$1" = yes ] || fail "made again $2" ;;
    *) [ "$1" = no ] || fail "not made $2: $said" ;;
    esac
    aged 2005 main_flux.c main_flux.h
}
aged 2001 main.flux 'sub dir/a#$b.flux'
made yes "at first"
made no "without a change"
aged 2006 main.flux
made yes "after a change of the program"
aged 2001 main.flux
made no "without a change"
aged 2006 'sub dir/a#$b.flux'
made yes "after a change of an included file"
rm 'sub dir/a#$b.flux'
echo 'Show (int n) => ();' >other.flux
sed -i 's|sub dir/a#$b|other|' main.flux
aged 2001 main.flux other.flux
made yes "after an included file has gone"
made no "without a change"
says main_flux.d "main_flux.h main_flux.c: main.flux"

# Other names.
expect 0 "$FLUXC" -MD -MF deps -MT 'a b' -MT 'c$d' main.flux
says deps 'a\ b c$$d: main.flux'
mkdir out.dir
expect 0 "$FLUXC" -MD -o out.dir/y.c main.flux
says out.dir/y.d "out.dir/y.h out.dir/y.c: main.flux"
expect 0 "$FLUXC" -MD -MF deps -o - main.flux
expect 0 "$FLUXC" --emit=svg -MD -o picture.svg main.flux
says picture.svg.d "picture.svg: main.flux"
# -I: names are those that were found.
mkdir inc
mv other.flux inc
expect 0 "$FLUXC" -MD -I inc main.flux
says main_flux.d "inc/other.flux"
