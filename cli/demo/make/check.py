"""Measures the captures against what they are meant to show: python3 check.py CAPTURES-DIR (numpy, scipy).

Per repetition: ln of the interquartile mean, p90, GPD-smoothed p99 (and p99.9 for the control tasks), for log2 histograms the shift of
the repetition against the pooled golden distribution. Printed per series: candidate mean minus golden mean of the logs as a percentage,
and the spread (sd) of the golden repetitions.
"""
import collections
import csv
import json
import sys
from pathlib import Path

import numpy as np
from scipy import interpolate, stats

ROOT = Path(sys.argv[1])
GOLDEN = [f'golden-{n}/r{r}' for n in (1, 2, 3) for r in (1, 2, 3)]
CANDIDATE = [f'candidate/r{r}' for r in (1, 2, 3)]


def iqm(x):
    x = np.sort(x)
    n = len(x)
    cut = n / 4
    low = int(np.floor(cut))
    weight = np.ones(n)
    weight[:low] = weight[n - low:] = 0
    weight[low] = weight[n - 1 - low] = 1 - (cut - low)
    return float((x * weight).sum() / weight.sum())


def smoothed(x, p):
    x = np.sort(x)
    n = len(x)
    k = max(20, round(0.1 * n))
    threshold, excess = x[n - k - 1], x[n - k:] - x[n - k - 1]
    i = np.arange(1, k + 1)
    a0, a1 = excess.mean(), (excess * (k - i + 0.35) / k).mean()
    xi = float(np.clip(2 - a0 / (a0 - 2 * a1), -0.5, 0.5))
    sigma = a0 * (1 - xi)
    ratio = k / n / (1 - p)
    return threshold + sigma * (np.log(ratio) if abs(xi) < 1e-9 else (ratio**xi - 1) / xi)


STATISTICS = {
    'centre': iqm,
    'p90': lambda x: np.percentile(x, 90),
    'p99 smoothed': lambda x: smoothed(x, 0.99),
    'p99 raw': lambda x: np.percentile(x, 99),
    'p99.9 smoothed': lambda x: smoothed(x, 0.999),
    'max': np.max,
}


def samples(repetition):
    series = collections.defaultdict(list)
    for row in csv.DictReader(open(ROOT / repetition / 'latency.csv')):
        series[row['region']].append(float(row['value']))
    for row in csv.DictReader(open(ROOT / repetition / 'wcet.csv')):
        series[f'wcet {row["task"]}'].append(float(row['ns']))
    for line in open(ROOT / repetition / 'throughput.ndjson'):
        row = json.loads(line)
        series[f'{row["region"]} 1/throughput'] += [1e15 / v for v in row['values']]
    return {name: np.array(values) for name, values in series.items()}


def histograms(repetition):
    found = {}
    for line in open(ROOT / repetition / 'bpftrace.json'):
        line = line.strip()
        if line and json.loads(line)['type'] == 'hist':
            for name, value in json.loads(line)['data'].items():
                for key, buckets in value.items() if isinstance(value, dict) else [('', value)]:
                    found[f'{name} {key.split(":")[-1]}'] = {b['max'] + 1: b['count'] for b in buckets}
    return found


def shifts(counts):
    """Per repetition the ln-shift of its log2 histogram against the pooled golden one (VERDICTS.md section 5)."""
    edges = np.array(sorted({e for c in counts.values() for e in c}))
    table = {name: np.array([c.get(e, 0) for e in edges], float) for name, c in counts.items()}
    pooled = sum(table[name] for name in GOLDEN)
    share = np.cumsum(pooled) / pooled.sum()
    inside = (share > 0.001) & (share < 0.999)
    curve = interpolate.PchipInterpolator(np.log(edges[inside]), stats.norm.ppf(share[inside]), extrapolate=True)
    grid = np.linspace(-0.35, 0.35, 281)

    def best(row):
        ends = np.log(edges[inside])
        grouped = np.add.reduceat(row, np.concatenate([[0], np.flatnonzero(inside) + 1]))
        like = []
        for theta in grid:
            below = np.concatenate([[0], stats.norm.cdf(curve(ends - theta)), [1]])
            like.append((grouped * np.log(np.maximum(np.diff(below), 1e-12))).sum())
        return grid[int(np.argmax(like))]

    return {name: best(row) for name, row in table.items()}


def report(label, values, unit=100):
    golden = np.array([values[name] for name in GOLDEN])
    candidate = np.array([values[name] for name in CANDIDATE])
    runs = golden.reshape(3, 3).mean(1)
    print(f'{label:58s} delta {unit * np.expm1(candidate.mean() - golden.mean()):+7.2f} %   golden sd {unit * golden.std(ddof=1):5.2f} %'
          f'   candidate sd {unit * candidate.std(ddof=1):5.2f} %   golden runs {" ".join(f"{unit * (r - golden.mean()):+.2f}" for r in runs)}')


measured = {name: samples(name) for name in GOLDEN + CANDIDATE}
for series in measured[GOLDEN[0]]:
    wanted = ('centre', 'p90') if 'throughput' in series else ('centre', 'p90', 'p99 smoothed', 'p99 raw') + (
        ('p99.9 smoothed', 'max') if 'wcet' in series else ())
    for statistic in wanted:
        report(f'{series} {statistic}', {name: np.log(STATISTICS[statistic](m[series])) for name, m in measured.items()})

hists = {name: histograms(name) for name in GOLDEN + CANDIDATE}
for series in sorted(hists[GOLDEN[0]]):
    report(f'{series} log2 shift', shifts({name: h[series] for name, h in hists.items()}))

perf = collections.defaultdict(dict)
for name in GOLDEN + CANDIDATE:
    for line in open(ROOT / name / 'perf-stat.json'):
        if line.startswith('{'):
            row = json.loads(line)
            perf[row['event']][name] = np.log(float(row['counter-value']))
for event, values in perf.items():
    report(f'perf stat {event}', values)

print()
budgets = {}
if (ROOT / 'bounds.ndjson').exists():
    budgets = {b['task']: b['value'] for b in map(json.loads, open(ROOT / 'bounds.ndjson'))}
for task in ('pid_cascade', 'matrix_update'):
    marks = {f: max(measured[f'{f}/r{r}'][f'wcet {task}'].max() for r in (1, 2, 3)) for f in ('golden-1', 'golden-2', 'golden-3', 'candidate')}
    budget = budgets.get(task)
    print(task, 'budget', budget, {f: (int(m), f'margin {100 * (1 - m / budget):.1f} %') if budget else int(m) for f, m in marks.items()})
    for folder in marks:
        pooled = np.concatenate([measured[f'{folder}/r{r}'][f'wcet {task}'] for r in (1, 2, 3)])
        n = len(pooled)
        for k in (n // 10, n // 20, n // 40):
            x = np.sort(pooled)
            u = x[n - k - 1]
            e = x[n - k:] - u
            cv = e.std(ddof=1) / e.mean()
            print(f'  {folder} k={k} CV {cv:.3f} (heavy above {1 + 2.13 / np.sqrt(k):.3f}) pWCET(1e-9) if exponential {u + e.mean() * np.log(k / n / 1e-9):.0f}')
        one = measured[f'{folder}/r1'][f'wcet {task}']
        c = one - one.mean()
        acf = np.array([(c[h:] * c[:-h]).sum() for h in range(1, 21)]) / (c * c).sum()
        q = len(one) * (len(one) + 2) * (acf**2 / (len(one) - np.arange(1, 21))).sum()
        print(f'  {folder} r1 Ljung-Box(20) p {stats.chi2.sf(q, 20):.3f}  KS halves p {stats.ks_2samp(one[:800], one[800:]).pvalue:.3f}')

if (ROOT / GOLDEN[0] / 'dcgm-1.prom').exists():
    print()

    def counter(name, file, metric):
        for line in open(ROOT / name / file):
            if line.startswith(metric + '{'):
                return int(float(line.split()[-1]))

    for metric in ('DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL', 'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', 'DCGM_FI_DEV_PCIE_REPLAY_COUNTER'):
        counts, seconds = {}, {}
        for name in GOLDEN + CANDIDATE:
            meta = json.load(open(ROOT / name / 'meta.json'))
            counts[name] = counter(name, 'dcgm-2.prom', metric) - counter(name, 'dcgm-1.prom', metric)
            seconds[name] = (int(meta['dcgmAt2Ns']) - int(meta['dcgmAt1Ns'])) / 1e9
        rate = {side: sum(counts[n] for n in names) / sum(seconds[n] for n in names) for side, names in (('g', GOLDEN), ('c', CANDIDATE))}
        pearson = sum((counts[n] - rate['g'] * seconds[n])**2 / (rate['g'] * seconds[n]) for n in GOLDEN) if rate['g'] else 0
        print(metric, [counts[n] for n in GOLDEN], [counts[n] for n in CANDIDATE], f'per s {rate["g"]:.2f} -> {rate["c"]:.2f}',
              f'golden Pearson {pearson:.2f} on 8 df, p {stats.chi2.sf(pearson, 8):.3f}')
