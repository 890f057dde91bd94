"""Writes run.json per folder and bounds.ndjson: python3 describe.py CAPTURES-DIR ENVIRONMENT.json

ENVIRONMENT.json is what `collectors/plumbline.sh environment` printed on the machine of the captures. Board, GPU, interconnect and
firmware are the demo's story (no such hardware was there; the label `story` names these members) and all else is measured.
"""
import csv
import json
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
MEASURED = json.loads(Path(sys.argv[2]).read_text())
STORY = {
    'board': 'acme-b100',
    'boardRevision': 'r12',
    'gpus': [{'model': 'H100', 'uuid': 'GPU-5e1f0c52-7d0b-4a61-9d0e-0d3c1b7f2a10', 'vbios': '96.00.89.00.01', 'driver': '580.65.06'}],
    'interconnect': {'kind': 'nvlink-fusion', 'version': 'nvf1.0', 'links': 18},
}
FIRMWARE = {'golden': 'fwB100.r12.20260112', 'candidate': 'fwB100.r13.20261118'}
SUBJECT = {
    'golden': {'name': 'nvlink-driver', 'version': '2.4.1+nvf1.0+k5.19+riscv64', 'commit': '5d1f3c70a9e24b8c8a1b6e0d7f4920c3b1e8d6a2'},
    'candidate': {'name': 'nvlink-driver', 'version': '2.4.2+nvf1.0+k5.19+riscv64', 'commit': 'c8e0b7142f6d4e93b5a07d19e36f82ca04d95b1e'},
}


def highest(task):
    values = []
    for path in ROOT.glob('golden-*/r?/wcet.csv'):
        values += [int(row['ns']) for row in csv.DictReader(path.open()) if row['task'] == task]
    return max(values)


def main():
    for folder in ('golden-1', 'golden-2', 'golden-3', 'candidate'):
        side = folder.split('-')[0]
        run = {
            'suite': 'offload',
            'kind': 'nightly',
            'subject': SUBJECT[side],
            'environment': {**MEASURED, **STORY, 'firmware': {'board': FIRMWARE[side]}},
            'labels': {'capture': folder, 'story': 'board,boardRevision,gpus,interconnect,firmware,subject'},
        }
        (ROOT / folder / 'run.json').write_text(json.dumps(run, indent=2) + '\n')
    # Budgets as a designer would set them before any candidate: a quarter and a bit above the golden high-water mark for the loop that is
    # cut fine, 1.7 times for the other; rounded up to 50 ns.
    budgets = {task: -(-highest(task) * share // 5000) * 50 for task, share in (('pid_cascade', 129), ('matrix_update', 170))}
    with (ROOT / 'bounds.ndjson').open('w') as file:
        for task, value in budgets.items():
            file.write(json.dumps({'task': task, 'kind': 'budget', 'value': value, 'unit': 'ns', 'tool': 'design budget'}) + '\n')


main()
