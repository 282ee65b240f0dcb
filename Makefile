# Two commands a fresh machine needs: make demo, make test. Both set themselves up in .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench clean

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: .venv/ready  ## draw small data sets, with classes, boxes, timed events and entities, grow them, say where they are
	$(BIN)/python -m augment.demo demo/shapes
	$(BIN)/augment run recipes/first-steps.yaml --input demo/shapes --output demo/grown
	$(BIN)/augment verify demo/grown --rederive 5
	$(BIN)/python -m augment.demo demo/coco scenes
	$(BIN)/augment run recipes/mosaic.yaml --input demo/coco --output demo/objects
	$(BIN)/python -m augment.demo demo soundscape
	cd demo && ../$(BIN)/augment run ../recipes/soundscape.yaml --input backgrounds --output scapes
	$(BIN)/augment run recipes/timed-events.yaml --input demo/scapes --output demo/sounds
	$(BIN)/python -m augment.demo demo/texts texts
	$(BIN)/augment run recipes/sentences.yaml --input demo/texts/requests.csv --output demo/requests
	$(BIN)/augment run recipes/entities.yaml --input demo/texts/people.conll --output demo/entities

test: lint  ## everything that CI runs
	$(BIN)/python -m pytest -n logical --maxprocesses 8

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready  ## compare with the scripts people write; ratios in one run
	$(BIN)/python -m tests.bench.peers

clean:
	rm -rf .venv demo
