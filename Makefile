# make demo   set up .venv and run the main job on the embedded dataset and the shipped model
# make test   set up .venv and pass all tests
# make check  format, lint, types, import contracts and the fast tests: under two minutes
# make paper  train the runs of benchmarks/paper (hours; goes on after a stop), publish what they show
# make docs   write the generated pages of docs/ anew

BIN := .venv/bin
# The tests compute on small tensors: threads would only get into each other's way. Some wait for
# sounds to play or processes to end, so there is one more process than the least machine has cores.
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 3 --dist worksteal

.PHONY: demo test check paper docs format

demo: .venv/installed
	$(BIN)/sing-eval metrics --split test --force --out results/metrics.csv

test: .venv/installed
	sh .ci/test-programs
	$(TESTS)

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TESTS) -m "not slow"

paper: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/paper/train.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/paper/study.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/paper/results.py

docs: .venv/installed
	$(BIN)/python docs/generate.py

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/installed: pyproject.toml constraints.txt .ci/setup
	sh .ci/setup
	touch $@
