# Builds the compiler, the runtimes, the servers and their tests. Everything is found by wildcard: a
# new file is a new part, nothing is registered. `make help` lists what can be made.
#
#     CC=clang CXX=clang++    another compiler (what that changes is built again)
#     DEBUG=1                 runtimes that watch what flows hold, see docs/runtimes.md; in a folder
#                             of its own below build/
#     SAN=address,undefined   with sanitizers, in a folder of its own below build/; also SAN=thread;
#                             has what DEBUG=1 has
#     WERROR=1                warnings are errors
#     T=PATTERN               with check: only tests whose names contain PATTERN
#     KINDS='run golden'      with check: only these kinds of tests, see tests/README.md
#     BUILD=DIR               builds there and not in build/
#     V=1                     shows commands as they run

CC       = gcc
CXX      = g++
AR       = ar
FLEX     = flex
BISON    = bison
PYTHON   = python3
CFLAGS   =
CXXFLAGS = $(CFLAGS)
LD       = ld
LDFLAGS  =
prefix   = /usr/local
JOBS    := $(shell nproc 2>/dev/null || echo 1)

comma   := ,

BUILD    = build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)),$(if $(DEBUG),/debug))$(if \
             $(COVERAGE),/coverage)

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
SANITIZE = -O1 -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
WATCHED  = $(if $(DEBUG)$(SAN),-DFLUXI_DEBUG)
COUNT    = -O0 --coverage -fprofile-update=atomic -DFLUX_COVERAGE
EXTRA    = $(if $(SAN),$(SANITIZE),-O2) $(if $(COVERAGE),$(COUNT)) -g
C_FLAGS  = -std=c11 $(WARNINGS) $(EXTRA) -MMD -MP
CXX_FLAGS = -std=c++17 -Wall -Wextra -Wpedantic $(if $(WERROR),-Werror) $(EXTRA) -MMD -MP
LD_FLAGS = $(if $(SAN),-fsanitize=$(SAN)) $(if $(COVERAGE),--coverage)

# Servers are optimised as a whole: flows, nodes and runtime. (What clang makes for that, ar cannot
# put into libraries.)
LTO      = $(if $(SAN)$(DEBUG)$(COVERAGE),,$(if $(findstring gcc,$(CC)),-flto=auto))

Q        = $(if $(V),,@)
say      = $(if $(V),,@printf '  %-7s %s\n' $(1) '$(2)')

MAKEFLAGS += --no-builtin-rules
.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL = all

# ---- what there is -------------------------------------------------------------------------------

# A runtime is the core and the folders in its row, in debug builds with the folder debug as well.
RUNTIME_NAMES = thread pool event trace

PARTS_thread  = core core/profile thread
PARTS_pool    = core core/profile pool
PARTS_event   = core core/profile loop event
PARTS_trace   = core core/profile loop trace

LIBS_thread   = -lm -pthread
LIBS_pool     = -lm -pthread
LIBS_event    = -lboost_context -lm -pthread
LIBS_trace    = -lboost_context -lm -pthread
LIBS_sim      = -ljansson -lm -pthread

# Nodes run on stacks with a guard below, which large arrays must not step over.
GUARD         = -fstack-clash-protection

RUNTIMES := $(foreach r,$(RUNTIME_NAMES),$(if $(wildcard runtimes/$(r)/*.c),$(r)))

# The folders below $(1) that hold a program: NAME/NAME.flux and its nodes.
programs  = $(foreach d,$(wildcard $(1)/*),$(if $(wildcard $(d)/$(notdir $(d)).flux),$(d)))
SERVERS  := $(call programs,servers)
TOOL_PROGRAMS := $(call programs,tools)
EXAMPLES := $(call programs,examples)
RUN_TESTS := $(call programs,tests/run) $(call programs,tests/faults)

FLUXC        = $(BUILD)/bin/fluxc
FLUXC_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard fluxc/*.c)) \
                 $(if $(wildcard grammar/flux.y),$(BUILD)/obj/gen/flux.tab.o) \
                 $(if $(wildcard grammar/flux.l),$(BUILD)/obj/gen/flux.lex.o)
HEADERS      = $(patsubst runtimes/%,$(BUILD)/include/%,$(wildcard runtimes/*.h))
LIBRARIES   := $(RUNTIMES:%=$(BUILD)/lib/libflux-%.a) $(RUNTIMES:%=$(BUILD)/lib/pkgconfig/flux-%.pc) \
               $(BUILD)/lib/libflux-sim.a $(BUILD)/lib/pkgconfig/flux-sim.pc
TOOLS       := $(patsubst tools/%.c,$(BUILD)/bin/%,$(wildcard tools/*.c))
FLUXPROF    := $(BUILD)/bin/fluxprof
TOOL_BINS   := $(TOOL_PROGRAMS:tools/%=$(BUILD)/bin/%) $(FLUXPROF)
SERVER_BINS := $(foreach s,$(SERVERS),$(RUNTIMES:%=$(BUILD)/bin/$(notdir $(s))-%))

PICTURES     = $(BUILD)/pictures/board.ppm

# Where the program of folder $(1) is put under runtime $(2), of which tools have one; and one that
# measures itself.
TOOL_RUNTIME = event
program_file = $(BUILD)/$(if $(filter tools/%,$(1)),bin/$(notdir $(1)),$(if \
                 $(filter servers/%,$(1)),bin/$(notdir $(1)),$(1))-$(2))
profiled_file = $(BUILD)/profiled/$(if $(filter servers/%,$(1)),bin/$(notdir $(1)),$(1))-$(2)

# One executable for each C file; those of tests/runtime one for each runtime they are for: all, or
# those after "// runtimes:" in them.
UNIT_TESTS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
runtimes_of    = $(filter $(or $(shell sed -n 's|^.*// runtimes:||p' $(1)),$(RUNTIMES)),$(RUNTIMES))
RUNTIME_TESTS := $(foreach t,$(wildcard tests/runtime/*.c), \
                   $(patsubst %,$(BUILD)/$(t:.c=)-%,$(call runtimes_of,$(t))))
TEST_PROGRAMS := $(UNIT_TESTS) $(RUNTIME_TESTS) \
                 $(foreach d,$(EXAMPLES) $(RUN_TESTS),$(RUNTIMES:%=$(BUILD)/$(d)-%))
FUZZERS       := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*_fuzz.c))

.PHONY: all
all: ## compiler, runtimes, every server under every runtime (default)
all: $(FLUXC) $(HEADERS) $(LIBRARIES) $(TOOLS) $(TOOL_BINS) $(SERVER_BINS) $(PICTURES)

# ---- compiling -----------------------------------------------------------------------------------

# All objects depend on a file that changes when the way they are compiled does, or when a header
# appears that some look for: without valgrind's it does not know stacks when it sees them.
SETTINGS := $(CC) $(C_FLAGS) $(CFLAGS) / $(CXX) $(CXX_FLAGS) $(CXXFLAGS) / $(LD_FLAGS) $(LDFLAGS) \
            / $(WATCHED) / $(LTO) $(wildcard $(addprefix /usr/include/,valgrind/valgrind.h llhttp.h \
            sys/sdt.h */sys/sdt.h))
ifneq ($(MAKECMDGOALS),help)
ifneq ($(shell mkdir -p $(BUILD)/obj && { echo '$(SETTINGS)' | cmp -s - $(BUILD)/settings || \
                           echo '$(SETTINGS)' >$(BUILD)/settings; } && echo written),written)
$(error '$(BUILD)' cannot be written; BUILD=DIR builds elsewhere)
endif
endif

# Recipes. $(1) of those that compile: further flags; of link: libraries, and $(2): the compiler.
define compile
$(call say,CC,$<)
$(Q)mkdir -p $(@D) && $(CC) $(C_FLAGS) $(1) $(CFLAGS) -c -o $@ $<
endef
define compile_cxx
$(call say,CXX,$<)
$(Q)mkdir -p $(@D) && $(CXX) $(CXX_FLAGS) $(1) $(CXXFLAGS) -c -o $@ $<
endef
define archive
$(call say,AR,$@)
$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
endef
define link
$(call say,LINK,$@)
$(Q)mkdir -p $(@D) && $(or $(2),$(CC)) $(LD_FLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(1)
endef

$(BUILD)/include/%.h: runtimes/%.h
	$(Q)mkdir -p $(@D) && cp $< $@

# ---- the compiler --------------------------------------------------------------------------------

$(BUILD)/gen/flux.tab.c $(BUILD)/gen/flux.tab.h &: grammar/flux.y
	$(call say,BISON,$<)
	$(Q)mkdir -p $(BUILD)/gen && \
	    $(BISON) -Wall -Werror -o $(BUILD)/gen/flux.tab.c --header=$(BUILD)/gen/flux.tab.h $<

$(BUILD)/gen/flux.lex.c $(BUILD)/gen/flux.lex.h &: grammar/flux.l
	$(call say,FLEX,$<)
	$(Q)mkdir -p $(BUILD)/gen && \
	    $(FLEX) -o $(BUILD)/gen/flux.lex.c --header-file=$(BUILD)/gen/flux.lex.h $<

GENERATED = $(BUILD)/gen/flux.tab.h $(BUILD)/gen/flux.lex.h

# What flex and bison write converts freely between integers.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/settings | $(GENERATED)
	$(call compile,-D_GNU_SOURCE -iquote fluxc -I$(BUILD)/gen -Wno-conversion -Wno-sign-compare \
	    -Wno-unused-function)

$(BUILD)/obj/fluxc/%.o: fluxc/%.c $(BUILD)/settings | $(GENERATED)
	$(call compile,-D_GNU_SOURCE -iquote fluxc -I$(BUILD)/gen)

$(FLUXC): $(FLUXC_OBJECTS)
	$(call link)

# ---- runtimes ------------------------------------------------------------------------------------
#
# Each exists three times: as it is installed; for the tests that say "build: debug", as a debug build
# has it; and for the servers, to be optimised with them. In a debug build all are the same.

DEBUG_OBJ = $(BUILD)/obj$(if $(WATCHED),,/debug)
DEBUG_LIB = $(BUILD)/lib$(if $(WATCHED),,/debug)
WHOLE_OBJ = $(BUILD)/obj$(if $(LTO),/whole)
WHOLE_LIB = $(BUILD)/lib$(if $(LTO),/whole)

$(BUILD)/obj/runtimes/%.o: runtimes/%.c $(BUILD)/settings
	$(call compile,-D_GNU_SOURCE $(GUARD) $(WATCHED) -Iruntimes -Iruntimes/core)

$(BUILD)/obj/debug/runtimes/%.o: runtimes/%.c $(BUILD)/settings
	$(call compile,-D_GNU_SOURCE $(GUARD) -DFLUXI_DEBUG -Iruntimes -Iruntimes/core)

$(BUILD)/obj/whole/runtimes/%.o: runtimes/%.c $(BUILD)/settings
	$(call compile,-D_GNU_SOURCE $(GUARD) $(LTO) -Iruntimes -Iruntimes/core)

$(BUILD)/obj/runtimes/%.o: runtimes/%.S $(BUILD)/settings
	$(call compile,-Iruntimes)

$(BUILD)/obj/whole/runtimes/%.o: runtimes/%.S $(BUILD)/settings
	$(call compile,-Iruntimes)

$(BUILD)/obj/debug/runtimes/%.o: runtimes/%.S $(BUILD)/settings
	$(call compile,-Iruntimes)

# $(1): folders, $(2): where objects are
runtime_objects = $(foreach p,$(1),$(patsubst %,$(2)/%.o,$(basename \
                    $(wildcard runtimes/$(p)/*.c runtimes/$(p)/*.S))))

define runtime_rules
$(DEBUG_LIB)/libflux-$(1).a: $(call runtime_objects,$(PARTS_$(1)) debug,$(DEBUG_OBJ))
	$$(archive)
endef
define release_rules
$(BUILD)/lib/libflux-$(1).a: $(call runtime_objects,$(PARTS_$(1)),$(BUILD)/obj)
	$$(archive)
endef
define whole_rules
$(BUILD)/lib/whole/libflux-$(1).a: $(call runtime_objects,$(PARTS_$(1)),$(BUILD)/obj/whole)
	$$(archive)
endef
$(foreach r,$(RUNTIMES),$(eval $(call runtime_rules,$(r))))
$(if $(LTO),$(foreach r,$(RUNTIMES),$(eval $(call whole_rules,$(r)))))
$(if $(WATCHED),,$(foreach r,$(RUNTIMES),$(eval $(call release_rules,$(r)))))

# The simulator is a library like them, but its programs have tables in place of nodes.
$(BUILD)/obj/runtimes/sim/%.o: runtimes/sim/%.c $(BUILD)/settings
	$(call compile,-D_GNU_SOURCE $(if $(SAN)$(COVERAGE),,-O3) -Iruntimes)

$(BUILD)/lib/libflux-sim.a: $(call runtime_objects,sim,$(BUILD)/obj)
	$(archive)

# The build folder is laid out as an installation is, so one .pc file serves both, wherever it is.
$(BUILD)/lib/pkgconfig/flux-%.pc: Makefile
	$(Q)mkdir -p $(@D) && printf '%s\n' \
	    'prefix=$${pcfiledir}/../..' '' \
	    'Name: flux-$*' \
	    'Description: the $(if $(filter sim,$*),simulator,$* runtime) for programs that fluxc has compiled' \
	    'Version: 1.0' \
	    'Cflags: -I$${prefix}/include $(GUARD)' \
	    'Libs: $(strip -L$${prefix}/lib -lflux-$* $(LIBS_$*) $(LD_FLAGS:--coverage=-lgcov))' >$@

# ---- programs: servers, examples, run tests ------------------------------------------------------
#
# The header that fluxc writes is the same for every runtime, so the nodes are compiled once. In the
# folder of a program `options` may hold options for fluxc, and `libs` what to link with.

# $(1): where objects are
common_objects  = $(patsubst %.c,$(1)/%.o,$(wildcard servers/common/*.c))
NODE_FLAGS      = -D_GNU_SOURCE $(GUARD) -I$(BUILD)/include -Iservers/common

$(BUILD)/obj/servers/common/%.o: servers/common/%.c $(BUILD)/settings | $(HEADERS)
	$(call compile,$(NODE_FLAGS))

$(BUILD)/obj/whole/servers/common/%.o: servers/common/%.c $(BUILD)/settings | $(HEADERS)
	$(call compile,$(NODE_FLAGS) $(LTO))

$(BUILD)/lib/libcommon.a: $(call common_objects,$(BUILD)/obj)
	$(archive)
$(if $(LTO),$(eval $(BUILD)/lib/whole/libcommon.a: $(call common_objects,$(BUILD)/obj/whole) ; \
    $$(archive)))

# Of a program in the folder $(1): how it is compiled, and linked with which libraries under runtime
# $(2).
is_server    = $(filter servers/% tools/%,$(1))
is_tool      = $(filter tools/%,$(1))
whole        = $(if $(call is_server,$(1)),$(LTO))
libraries_of = $(if $(call is_server,$(1)),$(WHOLE_LIB)/libcommon.a $(WHOLE_LIB)/libflux-$(2).a,$\
                   $(BUILD)/lib/libflux-$(2).a) $(if $(call is_tool,$(1)),$(BUILD)/lib/libflux-sim.a)
# Tools use parts of the simulator.
folder_flags = $(call whole,$(1)) $(if $(call is_tool,$(1)),-Iruntimes) -I$(1)
header_runtime = $(if $(call is_tool,$(1)),$(TOOL_RUNTIME),$(firstword $(RUNTIMES)))
node_objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard $(1)/*.c $(1)/*.cc))) \
               $(patsubst %,$(BUILD)/obj/%.o,$(filter-out %.LICENSE,$(wildcard $(1)/page/*)))
words_in     = $(if $(wildcard $(1)),$(shell cat $(1)))

# $(1): folder
define program_rules
$(call node_objects,$(1)): | $(BUILD)/gen/$(1)-$(call header_runtime,$(1))/$(notdir $(1))_flux.h
$(BUILD)/obj/$(1)/%.o: $(1)/%.c $(BUILD)/settings | $(HEADERS)
	$$(call compile,$$(NODE_FLAGS) -I$(BUILD)/gen/$(1)-$(call header_runtime,$(1)) \
	    $(call folder_flags,$(1)))
$(BUILD)/obj/$(1)/%.o: $(1)/%.cc $(BUILD)/settings | $(HEADERS)
	$$(call compile_cxx,$$(NODE_FLAGS) -I$(BUILD)/gen/$(1)-$(call header_runtime,$(1)) -I$(1))
endef

# What lies in the folder page/ of a program is in it as it is: page/index.html is between the symbols
# _binary_index_html_start and _binary_index_html_end.
define embed
$(call say,EMBED,$<)
$(Q)mkdir -p $(@D) && cd $(<D) && $(LD) -r -b binary -z noexecstack -o $(abspath $@) $(<F)
endef
$(BUILD)/obj/%.html.o: %.html
	$(embed)
$(BUILD)/obj/%.js.o: %.js
	$(embed)
$(BUILD)/obj/%.css.o: %.css
	$(embed)

# $(1): folder, $(2): runtime, $(3): what both files that fluxc writes are called, $(4): the object
# made of them (elsewhere, as the compilers of C and of Flux both write NAME_flux.d beside it), $(5):
# the program, $(6): further options for fluxc
define program_runtime_rules
$(3).c $(3).h &: $(1)/$(notdir $(1)).flux $(wildcard $(1)/options) $(FLUXC)
	$$(call say,FLUXC,$$< ($(2)))
	$$(Q)mkdir -p $$(@D) && \
	    $(FLUXC) --runtime=$(2) $(6) -MD $(call words_in,$(1)/options) -o $(3).c $$< && \
	    touch $(3).c $(3).h
$(4): $(3).c $(BUILD)/settings | $(3).h $(HEADERS)
	$$(call compile,$$(NODE_FLAGS) $(call folder_flags,$(1)))
$(5): $(4) $(call node_objects,$(1)) $(call libraries_of,$(1),$(2))
	$$(call link,$(if $(call whole,$(1)),$(LTO) -O2) $(call words_in,$(1)/libs) $$(LIBS_$(2)),$(if $(wildcard $(1)/*.cc),$(CXX)))
endef

ALL_PROGRAMS := $(SERVERS) $(EXAMPLES) $(RUN_TESTS) $(TOOL_PROGRAMS)
$(foreach d,$(ALL_PROGRAMS),$(eval $(call program_rules,$(d))))
runtimes_for = $(if $(call is_tool,$(1)),$(TOOL_RUNTIME),$(RUNTIMES))
$(foreach d,$(ALL_PROGRAMS),$(foreach r,$(call runtimes_for,$(d)),$(eval \
    $(call program_runtime_rules,$(d),$(r),$(BUILD)/gen/$(d)-$(r)/$(notdir $(d))_flux,$\
        $(BUILD)/obj/$(d)-$(r)/flows.o,$(call program_file,$(d),$(r))))))
$(foreach d,$(ALL_PROGRAMS),$(foreach r,$(call runtimes_for,$(d)),$(eval \
    $(call program_runtime_rules,$(d),$(r),$(BUILD)/gen/profiled/$(d)-$(r)/$(notdir $(d))_flux,$\
        $(BUILD)/obj/profiled/$(d)-$(r)/flows.o,$(call profiled_file,$(d),$(r)),--profile))))

# A tool is one file. It may use the parts that servers are made of, and links with what stands after
# "// libs:" in it.
tool_libs = $(shell sed -n 's|^// libs:||p' tools/$(1).c)

$(BUILD)/obj/tools/%.o: tools/%.c $(BUILD)/settings | $(HEADERS)
	$(call compile,-D_GNU_SOURCE -Iservers/common)

$(TOOLS): $(BUILD)/bin/%: $(BUILD)/obj/tools/%.o $(BUILD)/lib/libcommon.a
	$(call link,$(call tool_libs,$*) -pthread)

# fluxprof reads profiles, and draws flow graphs as the compiler does.
$(BUILD)/obj/tools/fluxprof/%.o: tools/fluxprof/%.c $(BUILD)/settings | $(GENERATED)
	$(call compile,-D_GNU_SOURCE -iquote fluxc -iquote servers/common)

$(BUILD)/lib/libfluxprof.a: $(patsubst %.c,$(BUILD)/obj/%.o, \
                              $(filter-out %/main.c,$(wildcard tools/fluxprof/*.c)))
	$(archive)

$(FLUXPROF): $(BUILD)/obj/tools/fluxprof/main.o $(patsubst %,$(BUILD)/lib/lib%.a,fluxprof fluxc common)
	$(call link,-ljansson -lm)

# What the image server is shown and tested with.
$(PICTURES): tools/pictures.py
	$(call say,MAKE,$(BUILD)/pictures)
	$(Q)$(PYTHON) $< $(BUILD)/pictures

# ---- tests ---------------------------------------------------------------------------------------

# Unit tests and fuzzers take what they need from the compiler, the parts of the servers and the
# core of the runtimes; program.c is a program for them to be in. With the core comes its main: the
# test's own is the first.
$(BUILD)/lib/libfluxc.a: $(filter-out $(BUILD)/obj/fluxc/main.o,$(FLUXC_OBJECTS))
	$(archive)
$(BUILD)/lib/libunit.a: $(patsubst %.c,$(BUILD)/obj/%.o, \
                          $(filter-out %_test.c,$(wildcard tests/unit/*.c)))
	$(archive)
# $(1): where the runtime is
unit_libraries = $(patsubst %,$(BUILD)/lib/lib%.a,fluxc common) $(1)/libflux-thread.a \
                 $(BUILD)/lib/libunit.a
UNIT_LIBRARIES = $(BUILD)/lib/libfluxprof.a $(call unit_libraries,$(BUILD)/lib) \
                 $(BUILD)/lib/libflux-sim.a
# What tests/unit/http_lines.c looks for.
HTTP_PARSER   := $(if $(wildcard /usr/include/llhttp.h),-lllhttp,-lhttp_parser)
UNIT_FLAGS     = -Wl,--allow-multiple-definition,--wrap=malloc,--wrap=calloc,--wrap=mmap \
                 -Wl,-u,__wrap_malloc $(HTTP_PARSER) -pthread -lm

$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/settings | $(HEADERS) $(GENERATED)
	$(call compile,-D_GNU_SOURCE $(WATCHED) -iquote fluxc -I$(BUILD)/gen -Iruntimes -Iruntimes/core \
	    -Iservers/common)

# What a test links with beyond that: after "// libs:" in it.
unit_libs = $(shell sed -n 's|^// libs:||p' tests/unit/$(1).c)

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(UNIT_LIBRARIES)
	$(call link,-lcmocka $(call unit_libs,$*) $(UNIT_FLAGS))

# Those that are about debug builds.
debug_tests = $(patsubst %.c,%,$(shell grep -l '^// build: debug' tests/$(1)/*.c))

$(addprefix $(BUILD)/,$(call debug_tests,unit)): \
        $(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(call unit_libraries,$(DEBUG_LIB))
	$(call link,-lcmocka $(UNIT_FLAGS))

# A runtime test is a program whose tables are written by hand; FLUX_RUNTIME is the runtime's name.
define runtime_test_rules
$(BUILD)/obj/tests/runtime/%-$(1).o: tests/runtime/%.c $(BUILD)/settings | $(HEADERS)
	$$(call compile,-D_GNU_SOURCE $(WATCHED) -DFLUX_RUNTIME=$(1) -Iruntimes -Iruntimes/core)
$(BUILD)/tests/runtime/%-$(1): $(BUILD)/obj/tests/runtime/%-$(1).o $(BUILD)/lib/libflux-$(1).a
	$$(call link,$$(LIBS_$(1)))
$(patsubst %,$(BUILD)/%-$(1),$(call debug_tests,runtime)): \
        $(BUILD)/tests/runtime/%-$(1): $(BUILD)/obj/tests/runtime/%-$(1).o $(DEBUG_LIB)/libflux-$(1).a
	$$(call link,$$(LIBS_$(1)))
endef
$(foreach r,$(RUNTIMES),$(eval $(call runtime_test_rules,$(r))))

# Simulators of small programs whose answers are known.
SIMULATORS := $(patsubst tests/sim/models/%.flux,$(BUILD)/tests/sim/%,$(wildcard tests/sim/models/*.flux))

$(BUILD)/gen/tests/sim/%_sim.c: tests/sim/models/%.flux $(FLUXC)
	$(call say,FLUXC,$<)
	$(Q)mkdir -p $(@D) && $(FLUXC) --emit=sim -o $@ $<
$(BUILD)/obj/tests/sim/%_sim.o: $(BUILD)/gen/tests/sim/%_sim.c $(BUILD)/settings | $(HEADERS)
	$(call compile,-I$(BUILD)/include)
$(BUILD)/tests/sim/%: $(BUILD)/obj/tests/sim/%_sim.o $(BUILD)/lib/libflux-sim.a
	$(call link,$(LIBS_sim))

# The runner of a runtime is its library, the kit, and no program: that is a shared library, for each
# random program another one, in place of the stub.
RUNNERS := $(RUNTIMES:%=$(BUILD)/tests/random/runner-%)

$(BUILD)/tests/random/libprogram.so: tests/random/stub.c $(BUILD)/settings | $(HEADERS)
	$(Q)mkdir -p $(@D) && $(CC) $(C_FLAGS) -Iruntimes -fPIC -shared $(CFLAGS) $(LD_FLAGS) $(LDFLAGS) \
	    -MF $(BUILD)/obj/stub.d -o $@ $<
define runner_rules
$(BUILD)/tests/random/runner-$(1): $(BUILD)/obj/tests/random/kit.o $(BUILD)/lib/libflux-$(1).a \
        | $(BUILD)/tests/random/libprogram.so
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(LD_FLAGS) $$(LDFLAGS) -rdynamic -o $$@ -Wl,--whole-archive \
	    $$(filter %.o %.a,$$^) -Wl,--no-whole-archive -L$$(@D) -lprogram $$(LIBS_$(1))
endef
$(foreach r,$(RUNTIMES),$(eval $(call runner_rules,$(r))))

# Preloaded, make calls fail, or slow. They are not the program, so neither sanitized nor measured;
# sanitizers find their way through them by their frame pointers.
$(BUILD)/tests/%.so: tests/%.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -fno-omit-frame-pointer -g -fPIC \
	    -shared -o $@ $<

# A fuzzer defines LLVMFuzzerTestOneInput. With clang's engine it looks for new inputs, with
# replay.c it reads those it is given.
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(if $(findstring fuzzer,$(SAN)),, \
        $(BUILD)/obj/tests/fuzz/replay.o) $(UNIT_LIBRARIES)
	$(call link,$(if $(findstring fuzzer,$(SAN)),-fsanitize=fuzzer) \
	    $(shell sed -n 's|^// libs:||p' tests/fuzz/$*_fuzz.c) $(UNIT_FLAGS))

.PHONY: model check check-built test-programs mutants controls soak soak-random soak-web golden fuzz \
        fuzz-run
test-programs: all $(TEST_PROGRAMS) $(FUZZERS) $(RUNNERS)

check: ## installs what is missing, builds, runs all tests (T=PATTERN: some)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory check-built

# A test whose program cannot be built has failed; the others run all the same.
harness = $(Q)$(PYTHON) tests/harness/check.py --build=$(BUILD) --make='$(MAKE)' --jobs=$(JOBS) \
          --runtimes='$(RUNTIMES)' --sanitizer='$(SAN)' --kinds='$(KINDS)'
check-built:
	$(if $(word 2,$(CURDIR)),$(error the tests give what pkg-config prints to a shell as the README \
	    does, which takes no blanks: check in another folder than '$(CURDIR)'))
	$(harness) '$(T)'

MUTANTS = 50000
mutants: $(FLUXC) ## MUTANTS=50000 programs with one mistake each, all of which fluxc has to refuse
	$(Q)$(PYTHON) tests/invalid/mutants.py $(FLUXC) --count=$(MUTANTS) --random=200 --jobs=$(JOBS)

SOAK_SECONDS = 20
SEEDS = 200
FIRST = 1
soak: ## programs that must not get stuck, 3 * SOAK_SECONDS=20 each, SEEDS=200 random ones, and soak-web
	$(Q)FLUX_SOAK_SECONDS=$(SOAK_SECONDS) $(MAKE) --no-print-directory check-built KINDS=run \
	    T=deadlock RUNTIMES='$(filter-out trace,$(RUNTIMES))'
	$(Q)$(MAKE) --no-print-directory soak-random
	$(Q)$(MAKE) --no-print-directory soak-web SOAK_SECONDS=$(SOAK_SECONDS)
CONTROL_SEEDS = 200
controls: $(FLUXC) $(HEADERS) $(RUNNERS) ## broken compilers and runtimes, each to be caught within CONTROL_SEEDS=200
	$(Q)$(PYTHON) tests/random/controls.py --build=$(BUILD) --seeds=$(CONTROL_SEEDS) --jobs=$(JOBS)

soak-random: $(FLUXC) $(HEADERS) $(RUNNERS) ## the random programs alone, from FIRST=1 on
	$(Q)$(PYTHON) tests/random/soak.py --build=$(BUILD) --sanitizer='$(SAN)' --jobs=$(JOBS) \
	    --runtimes='$(RUNTIMES)' --first=$(FIRST) --seeds=$(SEEDS)

soak-web: SOAK_SECONDS = 3600
soak-web: $(RUNTIMES:%=$(BUILD)/bin/web-%) $(BUILD)/tests/soak/leak.so ## the web server under a mixed load, SOAK_SECONDS=3600 of it under each of RUNTIMES
	$(Q)$(PYTHON) tests/soak/web.py --build=$(BUILD) --sanitizer='$(SAN)' --runtimes='$(RUNTIMES)' \
	    --seconds=$(SOAK_SECONDS) $(if $(LEAK),--leak=$(LEAK))

.PHONY: comparisons
comparisons: $(FLUXC) $(HEADERS) $(BUILD)/lib/libflux-sim.a ## lectures on servers, simulated: boss and pipeline, open and closed, disks
	$(Q)$(PYTHON) examples/comparisons/compare.py --build=$(BUILD)

.PHONY: oracles
oracles: $(SIMULATORS) ## the simulator against models whose answers are known exactly
	$(Q)$(PYTHON) tests/sim/oracles.py $(BUILD) --full

model: ## checks all of the model of the constraints, see docs/model.md (20 minutes, 5 GB)
	$(Q)$(PYTHON) tests/model/run.py

.PHONY: faults
faults: ## each call of some programs fails once; a table of what became of it
	$(Q)rm -rf $(BUILD)/faults
	$(Q)FLUX_FAULTS=all $(MAKE) --no-print-directory check-built KINDS=faults; status=$$?; \
	    $(PYTHON) tests/faults/table.py $(BUILD) && exit $$status

golden: ## rewrites the expected files of tests/golden (T=PATTERN: some)
	$(harness) --rewrite 'golden/$(T)'

.PHONY: bench demo
bench: all ## measures against peers, see bench/README.md (B=NAME: one)
	bench/run --build=$(BUILD) $(B)
bench: $(if $(if $(B),$(filter profile,$(B)),all),$(patsubst %,$(BUILD)/profiled/bin/web-%,thread pool event))

.PHONY: bench-load
bench-load: ## the load generator beside wrk and httperf
	$(Q)sh tools/deps.sh wrk httperf
	$(Q)$(MAKE) --no-print-directory bench B=load

.PHONY: bench-sim
bench-sim: ## the simulator beside a loop by hand and SimPy
	$(Q)sh tools/deps.sh python3-simpy
	$(Q)$(MAKE) --no-print-directory bench B=sim

# With the servers that ours is measured beside.
WEB_PACKAGES = wrk nginx-light lighttpd apache2-bin h2o php-fpm openssl libssl-dev
.PHONY: bench-web
bench-web: ## the web server beside others, see bench/web/README.md (W='small zipf' S='event h2o': some; QUICK=1)
	$(Q)sh tools/unstarted.sh $(WEB_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all
	bench/web/run --build=$(BUILD) $(if $(QUICK),--quick) --workloads='$(W)' --servers='$(S)'

.PHONY: bench-balance
bench-balance: ## the load balancer's strategies before 1, 5 and 10 replicas, and before one that is slow
	$(Q)sh tools/unstarted.sh wrk libsqlite3-dev
	$(Q)$(MAKE) --no-print-directory $(FLUXC) $(HEADERS) $(LIBRARIES) $(BUILD)/bin/balance-event
	bench/balance/run --build=$(BUILD) $(B)

# What takes part in it: two servers, with and without --profile, and who asks them.
ACCURACY = $(foreach s,web image,$(foreach r,thread pool event,$(BUILD)/bin/$(s)-$(r) \
             $(BUILD)/profiled/bin/$(s)-$(r))) $(BUILD)/bin/fluxload
.PHONY: accuracy
accuracy: ## what the simulator says of servers beside what they do, an hour on a quiet machine: docs/accuracy.md
	$(Q)sh tools/unstarted.sh gnuplot-nox
	$(Q)$(MAKE) --no-print-directory $(FLUXC) $(HEADERS) $(BUILD)/lib/libflux-sim.a $(ACCURACY)
	bench/accuracy/run --build=$(BUILD) --two --write $(A)

.PHONY: bench-web-profile
bench-web-profile: ## what the web server and others spend the CPU time of a request on (W=small)
	$(Q)sh tools/unstarted.sh $(WEB_PACKAGES) linux-perf
	$(Q)$(MAKE) --no-print-directory all
	bench/web/profile --build=$(BUILD) $(if $(W),--workload='$(W)') $(if $(S),--servers='$(S)')

demo: ## installs what is missing, builds, shows the image server at work
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) $(FLUXC) \
	    $(PICTURES) $(addprefix $(BUILD)/bin/image-,thread pool event)
	$(Q)$(PYTHON) tools/demo.py $(BUILD) $(BUILD)/pictures

.PHONY: demo-web
demo-web: ## the same of the web server: files, a folder, and a page of PHP
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)sh tools/unstarted.sh php-fpm
	$(Q)$(MAKE) -s --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) \
	    $(addprefix $(BUILD)/bin/web-,thread pool event)
	$(Q)$(PYTHON) tools/demo_web.py $(BUILD)

.PHONY: demo-game
demo-game: ## the game server with bots on it, and the board; on a terminal it is yours to play
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) -s --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) \
	    $(addprefix $(BUILD)/bin/,game-thread game-pool game-event tag tagbots)
	$(Q)$(PYTHON) tools/demo_game.py $(BUILD)

FUZZ_SECONDS = 60
fuzz: ## FUZZ_SECONDS=60 of each fuzzer of tests/fuzz (F='compiler http': some), with clang
	$(Q)$(MAKE) --no-print-directory CC=clang CXX=clang++ \
	    SAN=fuzzer-no-link$(comma)address$(comma)undefined fuzz-run
fuzz-run: $(if $(F),$(F:%=$(BUILD)/tests/fuzz/%_fuzz),$(FUZZERS))
	$(Q)tests/fuzz/run $(BUILD) $(FUZZ_SECONDS) $(F)

# ---- installing ----------------------------------------------------------------------------------

PACKAGES = gcc g++ libc6-dev make flex bison pkgconf python3 libboost-context-dev \
           libhttp-parser-dev libturbojpeg0-dev media-types \
           libcmocka-dev libevent-dev libssl-dev openssl libcurl4-openssl-dev valgrind graphviz curl \
           spin uthash-dev zlib1g-dev libsqlite3-dev libjansson-dev librandom123-dev \
           libncurses-dev systemtap-sdt-dev

.PHONY: deps install
deps: ## installs the Debian packages that are missing (root or sudo)
	$(Q)sh tools/deps.sh $(PACKAGES) $(if $(filter clang%,$(CC)),clang)

install: all ## into $(DESTDIR)$(prefix)
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/include \
	    $(DESTDIR)$(prefix)/lib/pkgconfig $(DESTDIR)$(prefix)/share/doc/flux/docs
	install $(FLUXC) $(TOOLS) $(TOOL_BINS) $(SERVER_BINS) $(DESTDIR)$(prefix)/bin
	install -m 644 $(HEADERS) $(DESTDIR)$(prefix)/include
	install -m 644 $(filter %.a,$(LIBRARIES)) $(DESTDIR)$(prefix)/lib
	install -m 644 $(filter %.pc,$(LIBRARIES)) $(DESTDIR)$(prefix)/lib/pkgconfig
	install -m 644 $(wildcard docs/*.md docs/*.svg README.md LICENSE) \
	    $(DESTDIR)$(prefix)/share/doc/flux

# ---- care ----------------------------------------------------------------------------------------

SOURCES = $(wildcard fluxc/*.[ch] runtimes/*.h runtimes/*/*.[ch] runtimes/*/*/*.[ch] servers/*/*.[ch] servers/*/*.cc \
            examples/*/*.[ch] examples/*/*.cc tests/*/*.[ch] tests/faults/*/*.[ch] tests/run/*/*.[ch] tests/run/*/*.cc \
            tools/*.[ch] tools/*/*.[ch] bench/*/*.[ch] bench/web/*/*.[ch])

.PHONY: format lint coverage clean help
format: ## lays out all C as .clang-format says
	clang-format -i $(SOURCES)

LINTED    = $(filter %.c,$(filter fluxc/% runtimes/%,$(SOURCES)))
LINT_DIRS = -Ifluxc -I$(BUILD)/gen -Iruntimes -Iruntimes/core
lint: all ## cppcheck and clang-tidy on the compiler and the runtimes
	cppcheck --quiet --std=c11 --enable=warning,portability --error-exitcode=1 \
	    $(addprefix --suppress=,missingIncludeSystem preprocessorErrorDirective autoVariables \
	        returnDanglingLifetime uninitvar invalidPrintfArgType_uint) $(LINT_DIRS) $(LINTED)
	clang-tidy --quiet $(LINTED) -- -std=c11 -D_GNU_SOURCE $(LINT_DIRS:-Ifluxc=-iquote fluxc)

# Built anew, since what fluxc does then counts too; what random programs happen to reach does not.
COVERAGE_KINDS = unit golden run examples runtime cli server fuzz
coverage: ## lines and branches that the tests run; exits 1 where they are to be more
	$(Q)rm -rf build/coverage
	$(Q)$(MAKE) --no-print-directory COVERAGE=1 KINDS='$(or $(KINDS),$(COVERAGE_KINDS))' \
	    check-built; tests=$$?; $(PYTHON) tools/coverage.py build/coverage && exit $$tests

clean: ## removes build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24
	@sed -n 's/^#     \([A-Z]*=\)/  \1/p' Makefile

-include $(shell find $(BUILD)/obj $(BUILD)/gen -name '*.d' 2>/dev/null)
