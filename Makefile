# The commands of a day. Everything else is go build and go test.

# What make lib builds; GREETING is what version VERSION says, if not its own.
VERSION  ?=
GREETING ?=
# How often make bench runs each benchmark, and what compare, instructions, model and
# stress are told.
COUNT    ?= 6
FLAGS    ?=
PAGE     ?=
# Where make install puts things, and what is put before it.
PREFIX   ?= /usr/local
DESTDIR  ?=
# How long make model, make contracts and make stress run, and in which mode of the Go runtime stress does.
TIME     ?= 10m
MODE     ?= plain
export VERSION GREETING SWAPS CRASHES

help: ## Show this
	@sed -n 's/^\([a-z -]*\):.*## /  make \1\t/p' Makefile | expand -t 20

demo: ## Watch Go code change inside a running process
	@go run ./scripts/demo

run: bin/hotso ## Serve build/ and say what to type next
	@[ -f build/libgreeter.v1.so ] || bin/hotso build ./libgreeter --version 1
	@printf '%s\n' 'In another terminal:' \
	  "  curl -d '[\"Ada\"]' 127.0.0.1:8080/call/GreetName" \
	  "  make lib VERSION=2 GREETING='Moin, Golang!'" \
	  '  curl -X POST 127.0.0.1:8080/call/Greet' \
	  '  curl 127.0.0.1:8080/versions' ''
	@exec bin/hotso serve build --name greeter

lib: bin/hotso ## Build a version of the greeter: make lib VERSION=2 [GREETING="Moin, Golang!"]
	@bin/hotso build ./libgreeter --version "$$VERSION" \
	  $${GREETING:+--ldflags "-X 'github.com/hotso/hotso/libgreeter/greeter.greeting=$$GREETING'"}

libhotso: ## Build build/libhotso.so, package host for programs in other languages
	@libhotso/build.sh build

install: libhotso bin/hotso ## Install hotso with man pages, completions and units, libhotso, its headers and a pkg-config file: make install [PREFIX=/usr/local] [DESTDIR=]
	@libhotso/install.sh build bin/hotso "$(PREFIX)" "$(DESTDIR)"

deb tarball: libhotso bin/hotso ## Make a Debian package, or a tarball of what make install installs, in build/dist; a tag vX.Y.Z is the version
	@packaging/dist.sh $@ build bin/hotso

test: ## Run all checks and tests
	@scripts/test.sh

test-languages: ## Call the greeter from C, C++, Rust, Java, Python, Node, Ruby, PHP, LuaJIT and Perl; Debian's packages are installed for it
	@scripts/test-languages.sh

# Six samples of each, as benchstat wants them: make bench > old.txt
bench: ## Run the benchmarks
	CGO_ENABLED=0 go test -run '^$$' -bench . -benchmem -count $(COUNT) ./host/...

compare: ## Measure hotso beside its peers: table and plot, in build/, or in docs/performance.md [PAGE=1] [FLAGS="--quick --only cgo,hotso"]
	@mkdir -p build
	@go -C scripts/compare run . $(FLAGS) \
	  --plot "$(CURDIR)/$(if $(PAGE),scripts/compare,build)/compare.svg" \
	  $(if $(PAGE),--page "$(CURDIR)/docs/performance.md") > build/compare.md; \
	status=$$?; cat build/compare.md; exit $$status

compare-languages: ## Measure a prepared call through libhotso beside a plain one, in the same run: a table [FLAGS="-rounds 20"]
	@CGO_ENABLED=0 go run ./scripts/languages $(FLAGS)

compare-serve: ## Measure hotso serve beside net/http with the same function, and go-plugin behind it, also while versions are swapped: a table [FLAGS="-rounds 10 -duration 5s"]
	@go -C scripts/compareserve run . $(FLAGS)

compare-pull: ## Measure hotso pull beside oras pull, of 15 MB from a registry on this machine: a table [FLAGS="-rounds 40"]
	@CGO_ENABLED=0 go run ./scripts/comparepull $(FLAGS)

fleet: ## Roll out good and bad versions to 150 processes of hotso serve, with a registry and Prometheus, and look what becomes of them (3 minutes) [FLAGS="-hosts 50 -json"]
	@CGO_ENABLED=0 go run ./scripts/fleet $(FLAGS)

scale: ## Reckon with 10,000 hosts what a registry sees of them, for docs/scale.md
	@CGO_ENABLED=0 go run ./host/internal/scale

soak-languages: ## 10,000 swaps from Python under 4 threads, and 1,000 crashes from C, Java and Python each (a quarter of an hour) [SWAPS=10000] [CRASHES=1000]
	@scripts/languages/soak.sh

devrace: ## Measure hotso dev beside other tools that rebuild what is saved: table, also in docs/development.md with PAGE=1 (a quarter of an hour) [FLAGS="--edits 5 --only hotso,air"]
	@go -C scripts/devrace run . $(FLAGS) \
	  $(if $(PAGE),--plot "$(CURDIR)/scripts/devrace/devrace.svg" --page "$(CURDIR)/docs/development.md")

instructions: ## Count the instructions of a call, by package [FLAGS="--json FILE --against FILE --functions"]
	@CGO_ENABLED=0 go run ./scripts/instructions $(FLAGS)

many: ## Load 256 libraries at once and swap them 10,000 times at random: what each takes, and whether calls get slower (half an hour) [FLAGS="-swaps 1000 -against HEAD~20"]
	@CGO_ENABLED=0 go run ./scripts/many $(FLAGS)

soak: bin/hotso ## 100,000 overlapped reloads under 4 callers; fails if anything leaks (half an hour)
	@[ -f build/libgreeter.v2.so ] || bin/hotso build ./libgreeter --version 2
	@bin/hotso soak build/libgreeter.v2.so --call 'Add 1 2' --reloads 100000 --traffic 4 --overlap

crash-soak: bin/hotso ## 10,000 crashes of all kinds; fails if the host, a call or memory is lost (minutes)
	@[ -f build/libgreeter.v2.so ] || bin/hotso build ./libgreeter --version 2
	@bin/hotso crash build/libgreeter.v2.so --times 10000 2>/dev/null

mutate: ## Bring a million damaged libraries before a host (minutes)
	CGO_ENABLED=0 go test ./host -run TestMutations -mutations 1000000 -timeout 1h -v

model: ## Do at random what a host can do with three slots, and compare with the model: make model [TIME=1h] [FLAGS="-model.seed 42"]
	CGO_ENABLED=0 go test ./host/internal/modeltest -run TestModel -model.time $(TIME) -timeout 0 $(FLAGS)

contracts: ## Send random values of random contracts there and back while versions are swapped: make contracts [TIME=1h] [FLAGS="-random.seed 42"]
	go test ./host/internal/contracttest -run TestRandomContracts -v -timeout 0 -random.time $(TIME) $(FLAGS)

stress: ## Attack a host: the model's test with streams, callbacks and all crashes: make stress [TIME=1h] [MODE=race, ..., all] [FLAGS="-seed 42"]
	@go run ./scripts/stress -mode $(MODE) -time $(TIME) $(FLAGS)

faults: ## Have system calls of a host fail while it loads, swaps and crashes: make faults [TIME=1h] [FLAGS="-fault.seed 42"]
	CGO_ENABLED=0 go test ./host/internal/faulttest -v -run TestFaults -timeout 0 -fault.time $(TIME) $(FLAGS)

debuggers: ## Have gdb and delve stop inside libraries, before and after a swap; delve is installed for it
	CGO_ENABLED=0 go test ./host/internal/debugtest -v -count 1 -install v1.27.2 $(FLAGS)

native: ## Reload and crash libraries of real C and C++, and print what stays (an hour) [FLAGS="-only kafka,cpp20 -reloads 50 -crashes 13"]
	@CGO_ENABLED=0 go run ./scripts/native $(FLAGS)

corpus: ## Unload, reload and crash libraries of real Go modules, and print what stays: a table, also in docs/corpus.md with PAGE=1 (an hour) [FLAGS="-only bbolt,badger -reloads 50"]
	@CGO_ENABLED=0 go run ./scripts/corpus $(if $(PAGE),-page docs/corpus.md) $(FLAGS)

hostile: ## Measure a server under attack by 1,000 hostile clients, which have the processor time it leaves: p99 and memory [FLAGS="-hostile.clients 100 -hostile.kinds pipeline"]
	@CGO_ENABLED=0 go test ./host/cmd/hotso/internal/server -run '^TestMeasureHostile$$' -count 1 -v -hostile.clients 1000 $(FLAGS)

fmt: ## Format Go and C
	gofmt -w .
	find . -name node_modules -prune -o '(' -name '*.[ch]' -o -name '*.[ch]pp' ')' -exec clang-format -i {} +

man: bin/hotso ## Write the man pages of hotso to build/man/man1
	@bin/hotso help man build/man/man1

clean: ## Remove what was built
	rm -rf bin build

# A plain Go program: no cgo, so it runs where there is no C compiler.
bin/hotso: FORCE
	@CGO_ENABLED=0 go build -ldflags "$$(packaging/stamp.sh)" -o $@ ./host/cmd/hotso

.PHONY: help demo run lib libhotso install deb tarball test test-languages bench compare compare-languages compare-serve compare-pull fleet scale soak-languages devrace instructions many faults hostile mutate native corpus model contracts debuggers stress soak crash-soak fmt man clean FORCE
