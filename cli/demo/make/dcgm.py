"""Writes the two dcgm-exporter scrapes of every repetition: python3 dcgm.py CAPTURES-DIR

There is no GPU where the captures were made, so these files are not captures: they follow the text that dcgm-exporter 3.x prints (metric
names and help texts of its default-counters.csv, commented NVLink lines switched on), at the real times of the repetitions (meta.json).
Error counters grow as Poisson counts at a fixed rate per second; the candidate differs in the rate of flit CRC errors alone. One seed,
drawn once, nothing selected afterwards.
"""
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(sys.argv[1])
SEED = 20261121
FLIT_ERRORS_PER_S = {'golden': 1500.0, 'candidate': 2400.0}  # + 60 %
TRAFFIC_PER_S = 52000.0
BLANK = '9223372036854775794'  # "not supported", as older exporters print it
LABELS = ('gpu="0",UUID="GPU-5e1f0c52-7d0b-4a61-9d0e-0d3c1b7f2a10",pci_bus_id="00000000:1A:00.0",device="nvidia0",'
          'modelName="NVIDIA H100 80GB HBM3",Hostname="{host}",DCGM_FI_DRIVER_VERSION="580.65.06",container="",namespace="",pod=""')

METRICS = [
    ('DCGM_FI_DEV_SM_CLOCK', 'gauge', 'SM clock frequency (in MHz).'),
    ('DCGM_FI_DEV_MEMORY_TEMP', 'gauge', 'Memory temperature (in C).'),
    ('DCGM_FI_DEV_GPU_TEMP', 'gauge', 'GPU temperature (in C).'),
    ('DCGM_FI_DEV_POWER_USAGE', 'gauge', 'Power draw (in W).'),
    ('DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'counter', 'Total number of PCIe retries.'),
    ('DCGM_FI_DEV_XID_ERRORS', 'gauge', 'Value of the last XID error encountered.'),
    ('DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL', 'counter', 'Total number of NVLink flow-control CRC errors.'),
    ('DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL', 'counter', 'Total number of NVLink data CRC errors.'),
    ('DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL', 'counter', 'Total number of NVLink retries.'),
    ('DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL', 'counter', 'Total number of NVLink recovery errors.'),
    ('DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', 'counter', 'Total number of NVLink bandwidth counters for all lanes.'),
]


def write(path, values, host):
    lines = ['# Not a capture: written by cli/demo/make/dcgm.py after the documented format of dcgm-exporter 3.x (no GPU on the machine).']
    for name, kind, help_text in METRICS:
        lines += [f'# HELP {name} {help_text}', f'# TYPE {name} {kind}', f'{name}{{{LABELS.format(host=host)}}} {values[name]}']
    path.write_text('\n'.join(lines) + '\n')


def main():
    random = np.random.default_rng(SEED)
    repetitions = sorted((int(json.loads(p.read_text())['dcgmAt1Ns']), p.parent) for p in ROOT.glob('*/r?/meta.json'))
    flit, traffic, before = 183204, 41_203_551, repetitions[0][0]
    for began, folder in repetitions:
        host = json.loads((folder.parent / 'run.json').read_text())['environment']['hostname']
        ended = int(json.loads((folder / 'meta.json').read_text())['dcgmAt2Ns'])
        side = 'candidate' if folder.parent.name == 'candidate' else 'golden'
        for number, since, until, rate in ((1, before, began, FLIT_ERRORS_PER_S['golden']), (2, began, ended, FLIT_ERRORS_PER_S[side])):
            flit += int(random.poisson(rate * (until - since) / 1e9))
            traffic += int(random.poisson(TRAFFIC_PER_S * (until - since) / 1e9))
            write(folder / f'dcgm-{number}.prom', {
                'DCGM_FI_DEV_SM_CLOCK': 1980,
                'DCGM_FI_DEV_MEMORY_TEMP': BLANK,
                'DCGM_FI_DEV_GPU_TEMP': 53 + number,
                'DCGM_FI_DEV_POWER_USAGE': f'{302 + 0.5 * random.standard_normal():.6f}',
                'DCGM_FI_DEV_PCIE_REPLAY_COUNTER': 0,
                'DCGM_FI_DEV_XID_ERRORS': 0,
                'DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL': flit,
                'DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL': 17,
                'DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL': 4,
                'DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL': 0,
                'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL': traffic,
            }, host)
        before = ended


main()
