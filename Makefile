# make            build ./tapbyte (needs the libraries; `make deps` installs them)
# make deps       install what the build needs
# make demo       set everything up, run a real tap as an Airbyte source, show what happens
# make test       set everything up, run all tests
# make unit       run the C tests only
# make live       read with every tap of taps/, slow tests too
# make docker-test  build images of taps and run them, with a Docker daemon
# make fuzz       feed the parsers with made-up input, FUZZ_SECONDS (60) each
# make soak       read SOAK_RECORDS (10,000,000) records with stalls and faults
# make bench      measure the speed beside other programs, 8 minutes; BENCH_QUICK=1: 2
# make mutants    prove that the tests fail when the adapter is wrong; a minute
# make install    install under PREFIX (default /usr/local)

PREFIX ?= /usr/local
BUILD ?= build
PROGRAM ?= tapbyte
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
ifdef CI
WARNINGS += -Werror
endif
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
FUZZ = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
CLANG ?= clang
FUZZ_SECONDS ?= 60
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif

# Not := : pkg-config may have to be installed first.
LIBRARIES = libuv jansson libpcre2-8 zlib
HTTP_LIBRARIES = libcurl jansson
CPPFLAGS += -Iadapter -D_GNU_SOURCE $(shell pkg-config --cflags $(LIBRARIES))
LDLIBS += $(shell pkg-config --libs $(LIBRARIES))
TEST_LDLIBS = $(shell pkg-config --libs cmocka)

OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard adapter/*.c adapter/commands/*.c))
HTTP_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard adapter/http/*.c))
PARTS = $(filter-out %/main.o,$(OBJECTS))
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/test_*.c))

all: $(PROGRAM) $(PROGRAM)-http

$(PROGRAM): $(OBJECTS)
	@echo "  link $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Beside the program, which starts it: libcurl is loaded for a check by HTTP only.
$(PROGRAM)-http: $(HTTP_OBJECTS) $(BUILD)/adapter.a
	@echo "  link $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(HTTP_LIBRARIES))

$(HTTP_OBJECTS): CPPFLAGS += $(shell pkg-config --cflags $(HTTP_LIBRARIES))

$(BUILD)/adapter.a: $(PARTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(BUILD)/adapter.a
	@echo "  link $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(TEST_LDLIBS)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/adapter.a
	@echo "  link $@"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  compile $@"
	@$(CC) -std=c11 $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d) $(HTTP_OBJECTS:.o=.d) $(TESTS:=.d) $(FUZZERS:=.d)

deps:
	@tests/install-packages build

demo:
	@tests/install-packages demo
	@$(MAKE) --silent all
	@examples/csv/demo

test:
	@tests/install-packages test
	@$(MAKE) --silent all test-programs fuzzers
	@tests/run

unit:
	@tests/install-packages unit
	@$(MAKE) --silent test-programs
	@tests/run unit

live:
	@tests/install-packages test
	@$(MAKE) --silent all
	@LIVE_ALL=1 tests/run live

fuzz:
	@tests/install-packages fuzz
	@$(MAKE) --silent fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

soak:
	@tests/install-packages demo
	@$(MAKE) --silent $(PROGRAM)
	@tests/soak

bench:
	@tests/install-packages bench
	@$(MAKE) --silent $(PROGRAM)
	@cd tests && python3 -m bench

docker-test:
	@tests/install-packages demo
	@$(MAKE) --silent all
	@tests/docker/start-dockerd
	@tests/run docker

mutants:
	@tests/install-packages unit
	@tests/mutants

test-programs: $(TESTS) sanitized

sanitized:
	@$(MAKE) --silent BUILD=build/san PROGRAM=build/san/tapbyte \
		CFLAGS="$(SANITIZE)" sanitized-programs

sanitized-programs: all $(TESTS)

fuzzers:
	@$(MAKE) --silent BUILD=build/fuzz CC=$(CLANG) CFLAGS="$(FUZZ)" fuzz-programs

fuzz-programs: $(FUZZERS)

# Taps, but no environments and nothing private that is kept beside them. The sources, which
# `tapbyte build` sends to Docker, are compiled by wildcard: none may be left over there.
PRIVATE = .* __pycache__ build secrets recordings config.json state.json *.key *.pem *.p12 *.pfx \
	id_rsa* id_ed25519* client_secret*.json credentials*.json service_account*.json
SHARED = Makefile Dockerfile.template $(shell find adapter -name '*.[ch]') \
	$(shell find taps catalogs $(foreach name,$(PRIVATE),-name '$(name)' -prune -o) \
		-type f -print)

install: all
	rm -rf $(DESTDIR)$(PREFIX)/share/tapbyte/adapter
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin tapbyte tapbyte-http
	for file in $(SHARED); do \
		mode=644; if test -x $$file; then mode=755; fi; \
		install -D -m $$mode $$file $(DESTDIR)$(PREFIX)/share/tapbyte/$$file || exit 1; \
	done

clean:
	rm -rf build tapbyte tapbyte-http

.PHONY: all deps demo test unit live docker-test mutants bench test-programs fuzz soak \
	sanitized sanitized-programs fuzzers fuzz-programs install clean
.SECONDARY:
