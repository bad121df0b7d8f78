# couplet: XMPP for Unix pipelines
#
#	make		build the tools into build/bin
#	make demo	see a message travel through a real server
#	make play	a shell beside that server
#	make check	the whole test suite
#	make fuzz	SECONDS (60) of each fuzz target; `make check` has a short run
#	make soak	SEEDS (200) runs with faults on each server; the same
#	make mutate	N (10000) sessions with a byte spoilt; the same
#	make fail	each allocation and system call fails once; the same
#	make bench	what it costs, beside other programs: bench/RESULTS.md; what
#			becomes of a message, and is said of it: bench/FATES.md
#	make bench-gate	whether stanzas take more instructions than they did; `make
#			check` has it, too; make bench-baseline: what counts now
#	make deb	a Debian package
#	make docs	the manual as HTML: build/docs/index.html
#	make picture	the terminal session in the README
#	make install	PREFIX and DESTDIR are honoured

# The one list that names the tools.
TOOLS = xsend xrecv xiq xroster xblock xpresence xping xdisco xserve xqueue xinfo xmuc

PREFIX  = /usr/local
BINDIR  = $(PREFIX)/bin
MANDIR  = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR  = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
UNITDIR = $(PREFIX)/lib/systemd
HTMLDIR = $(PREFIX)/share/doc/couplet/html
DESTDIR =

CC       = cc
CPPFLAGS =
CFLAGS   = -O2 -g
LDFLAGS  =
BUILD    = build

PACKAGES = libstrophe openssl yaml-0.1 expat libcares libidn jansson
PAGES    = $(TOOLS:%=man/%.1) man/couplet-config.5 man/couplet-format.5 \
           man/couplet-stanza.5 man/couplet.7
# Of the HTML, what is no manual page.
SITE     = index.html results.html fates.html style.css chart.svg session.svg
UNITS    = systemd/system/couplet-tell@.service systemd/user/couplet-queue.service

std  = -std=c11 -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=700
warn = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
       -Wformat=2 -Wwrite-strings -Wvla -Wpointer-arith $(WERROR)
pkg_cflags := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
pkg_libs   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
compile = $(CC) $(std) $(warn) -include common/base/banned.h $(pkg_cflags) \
          $(CPPFLAGS) $(CFLAGS) -MMD -MP
# What a tool does not use it does not load.
link    = $(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed

lib      = $(BUILD)/libcouplet.a
sources  = $(wildcard common/*/*.c)
objects  = $(sources:%.c=$(BUILD)/%.o)
binaries = $(TOOLS:%=$(BUILD)/bin/%)
units    = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,\
             $(wildcard tests/unit/test_*.c))
# What feeds the records' formats without a network.
convert  = $(BUILD)/tests/bin/convert
# What helps the tests of hostility.
helpers  = $(patsubst %,$(BUILD)/tests/bin/%,measure fail_alloc.so fail_calls.so)
# What measures.
benches  = $(patsubst %,$(BUILD)/bench/%,meter floor sink hot)
# Hostile inputs by chance: without libFuzzer, and with it, where BUILD and CC
# are as tests/tools/fuzz has them.
fuzzed   = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
agains   = $(fuzzed:%=$(BUILD)/tests/fuzz/%)
fuzzers  = $(fuzzed:%=$(BUILD)/fuzz/%)
# By the names under which the shells look for them.
for_bash = $(TOOLS:%=$(BUILD)/completions/bash/%)
for_zsh  = $(TOOLS:%=$(BUILD)/completions/zsh/_%)
for_fish = $(TOOLS:%=$(BUILD)/completions/fish/%.fish)

asan = BUILD=build-asan CFLAGS="-O1 -g -fno-omit-frame-pointer \
       -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
       LDFLAGS="-fsanitize=address,undefined"

.SECONDARY:
.PHONY: all tools tests helpers fuzzers benches demo play check check-asan \
        check-valgrind fuzz soak mutate fail bench bench-gate bench-baseline lint \
        docs picture deb check-deb install install-docs uninstall clean

all: tools $(for_bash) $(for_zsh) $(for_fish)

# With a command that does nothing, make does not say that there is nothing.
tools: $(binaries)
	@:

tests: $(units) $(agains) $(convert) $(helpers) $(BUILD)/bench/hot
	@:

helpers: $(helpers)
	@:

fuzzers: $(fuzzers)
	@:

benches: $(benches)
	@:

$(BUILD)/%.o: %.c
	@mkdir -p '$(@D)'
	$(compile) -c -o $@ $<

$(lib): $(objects)
	@rm -f $@
	$(AR) rcs $@ $(objects)

# A tool of many verbs has them in cmd/TOOL_*.c beside cmd/TOOL.c.
parts_of = $(patsubst %.c,$(BUILD)/%.o,cmd/$(1).c $(wildcard cmd/$(1)_*.c))
define tool_rule
$(BUILD)/bin/$(1): $(call parts_of,$(1)) $(lib)
	@mkdir -p '$$(@D)'
	$(link) -o $$@ $$^ $(pkg_libs)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t))))

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(lib)
	$(link) -o $@ $< $(lib) $(pkg_libs)

$(convert): $(BUILD)/tests/fuzz/convert.o $(lib)
	@mkdir -p '$(@D)'
	$(link) -o $@ $< $(lib) $(pkg_libs)

$(BUILD)/tests/bin/measure: tests/hostile/measure.c
	@mkdir -p '$(@D)'
	$(compile) -o $@ $<

# Between a program and libc: with nothing of ours in it.
$(BUILD)/tests/bin/%.so: tests/hostile/%.c
	@mkdir -p '$(@D)'
	$(CC) -std=c11 $(warn) -O1 -g -fPIC -shared -o $@ $< -ldl

$(benches): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(lib)
	$(link) -o $@ $< $(lib) $(pkg_libs)

$(agains): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o \
    $(BUILD)/tests/fuzz/again.o $(lib)
	$(link) -o $@ $^ $(pkg_libs)

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(lib)
	@mkdir -p '$(@D)'
	$(link) -fsanitize=fuzzer -o $@ $< $(lib) $(pkg_libs)

define completion_rule
$(BUILD)/completions/$(1)/$(2): $(BUILD)/bin/% completions/generate
	@mkdir -p '$$(@D)'
	completions/generate $(1) '$$<' > $$@
endef
$(eval $(call completion_rule,bash,%))
$(eval $(call completion_rule,zsh,_%))
$(eval $(call completion_rule,fish,%.fish))

# Of all that was built: which headers it is made of.
-include $(wildcard $(patsubst %,$(BUILD)/%/*.d,cmd common/* tests/* bench))

# What is missing is installed first, so these start make anew: on all
# processors, unless it was told how many jobs there are to be.
make = $(MAKE) $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

demo play:
	@tests/tools/deps demo
	@$(make) --no-print-directory tools
	@tests/tools/$@

check:
	@tests/tools/deps check
	@$(make) --no-print-directory all tests
	@BUILD=$(BUILD) tests/tools/run plain

check-asan:
	@tests/tools/deps check
	@$(make) --no-print-directory $(asan) tools tests
	@BUILD=build-asan tests/tools/run asan

check-valgrind:
	@tests/tools/deps check
	@$(make) --no-print-directory tools tests
	@BUILD=$(BUILD) tests/tools/run valgrind

SECONDS = 60
fuzz:
	@tests/tools/deps check
	@BUILD=$(BUILD) tests/tools/fuzz $(SECONDS)

SEEDS = 200
soak:
	@tests/tools/deps check
	@$(make) --no-print-directory tools
	@BUILD=$(BUILD) tests/faults/soak $(SEEDS)

N = 10000
mutate:
	@tests/tools/deps check
	@$(make) --no-print-directory tools helpers
	@BUILD=$(BUILD) tests/hostile/long mutate $(N)

fail:
	@tests/tools/deps check
	@$(make) --no-print-directory tools helpers
	@BUILD=$(BUILD) tests/hostile/long fail

bench:
	@tests/tools/deps bench
	@$(make) --no-print-directory tools benches
	@BUILD=$(BUILD) bench/run
	@BUILD=$(BUILD) bench/fates

bench-gate:
	@tests/tools/deps check
	@$(make) --no-print-directory $(BUILD)/bench/hot
	@BUILD=$(BUILD) bench/gate

bench-baseline:
	@tests/tools/deps check
	@$(make) --no-print-directory $(BUILD)/bench/hot
	@BUILD=$(BUILD) bench/gate --renew

lint:
	@tests/tools/deps lint
	@PACKAGES='$(PACKAGES)' FLAGS='$(std)' tests/tools/lint

deb:
	@tests/tools/deps deb
	@BUILD=$(BUILD) tests/tools/deb

check-deb:
	@tests/tools/deps deb
	@BUILD=$(BUILD) tests/tools/deb check

# What is missing, mandoc, is installed first.
docs:
	@tests/tools/deps docs
	@man/html/generate '$(BUILD)/docs' $(PAGES)

picture:
	@tests/tools/deps demo
	@$(make) --no-print-directory tools
	@BUILD='$(abspath $(BUILD))' tests/tools/picture man/html/session.svg

# The folders of what is installed.
folders = '$(DESTDIR)$(BINDIR)' $(foreach n,1 5 7,'$(DESTDIR)$(MANDIR)/man$(n)') \
          '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)' \
          '$(DESTDIR)$(UNITDIR)/system' '$(DESTDIR)$(UNITDIR)/user'
# Those that a system has of itself, which stay when they are empty.
kept = $(foreach d,/usr /usr/local,$(d) $(d)/bin $(d)/lib $(d)/share $(d)/share/man) \
       $(HOME) /opt

install: all
	install -d $(folders)
	install -m 755 $(TOOLS:%='$(BUILD)/bin/%') '$(DESTDIR)$(BINDIR)'
	install -m 644 $(TOOLS:%='$(BUILD)/completions/bash/%') '$(DESTDIR)$(BASHDIR)'
	install -m 644 $(TOOLS:%='$(BUILD)/completions/zsh/_%') '$(DESTDIR)$(ZSHDIR)'
	install -m 644 $(TOOLS:%='$(BUILD)/completions/fish/%.fish') '$(DESTDIR)$(FISHDIR)'
	$(foreach n,1 5 7,install -m 644 $(filter %.$(n),$(PAGES)) '$(DESTDIR)$(MANDIR)/man$(n)' &&) :
	install -m 644 $(filter systemd/system/%,$(UNITS)) '$(DESTDIR)$(UNITDIR)/system'
	install -m 644 $(filter systemd/user/%,$(UNITS)) '$(DESTDIR)$(UNITDIR)/user'

# For a web server, or who has no pager at hand: it is not part of install, as
# mandoc is not needed for anything else there.
install-docs: docs
	install -d '$(DESTDIR)$(HTMLDIR)'
	install -m 644 $(patsubst %,'$(BUILD)/docs/%',$(SITE) $(PAGES:man/%=%.html)) '$(DESTDIR)$(HTMLDIR)'

uninstall:
	rm -f $(TOOLS:%='$(DESTDIR)$(BINDIR)/%') $(TOOLS:%='$(DESTDIR)$(BASHDIR)/%') \
	    $(TOOLS:%='$(DESTDIR)$(ZSHDIR)/_%') $(TOOLS:%='$(DESTDIR)$(FISHDIR)/%.fish') \
	    $(foreach n,1 5 7,$(patsubst man/%,'$(DESTDIR)$(MANDIR)/man$(n)/%',$(filter %.$(n),$(PAGES)))) \
	    $(UNITS:systemd/%='$(DESTDIR)$(UNITDIR)/%') \
	    $(patsubst %,'$(DESTDIR)$(HTMLDIR)/%',$(SITE) $(PAGES:man/%=%.html))
	for d in $(folders) '$(DESTDIR)$(HTMLDIR)'; do \
	    while [ "$$d" != '$(DESTDIR)' ]; do \
	        case ' $(kept) ' in *" $$d "*) break ;; esac; \
	        rmdir "$$d" 2>/dev/null || break; \
	        d=$${d%/*}; \
	    done; \
	done

clean:
	rm -rf $(BUILD)/common $(BUILD)/cmd $(BUILD)/bin $(BUILD)/tests $(BUILD)/bench \
	    $(BUILD)/completions $(BUILD)/docs $(BUILD)/libcouplet.a build-asan $(BUILD)-fuzz
