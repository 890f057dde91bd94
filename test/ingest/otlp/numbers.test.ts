import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { NumberPoint } from '../../../ingest/otlp/messages.ts';
import type { Mapped } from '../../../ingest/otlp/metrics-to-records.ts';
import type { KnownOrigins } from '../../../ingest/otlp/origins.ts';
import { SeriesCache } from '../../../ingest/otlp/series-cache.ts';
import { atS, BOUND, gauge, map, mapAll, number, RUN_ID, refusal, resourceOf, sum, toSingles } from './points.ts';

const readings = (data: Parameters<typeof map>[0], metric: Parameters<typeof map>[1] = { name: 'retries', unit: '{retry}' }) =>
  toSingles(map(data, metric).records).map((record) => {
    assert.equal(record.kind, 'reading');
    if (record.kind !== 'reading') throw new TypeError('unreachable');
    const { reading, value, atNs, exposureS, quality } = record;
    return { reading, value, atS: atNs === null ? null : Number(atNs / 1_000_000n) / 1000, exposureS, quality: quality.join(' ') };
  });

describe('a gauge', () => {
  test('becomes samples in the order of time, in the base unit', () => {
    const { records, rejections } = map(gauge(number(2, { atNs: atS(1030) }), number(1.5, { atNs: atS(1020) })));
    assert.equal(rejections.count, 0);
    const [record, ...others] = records;
    assert.deepEqual(others, []);
    assert.ok(record?.kind === 'samples');
    assert.deepEqual(
      [record.values, record.atNs],
      [
        [1_500_000, 2_000_000],
        [atS(1020), atS(1030)],
      ],
    );
    assert.deepEqual(
      [record.series.metric, record.series.unit, record.series.better, record.series.judgedAs],
      ['latency', 'ns', 'lower', 'location'],
    );
    assert.deepEqual([record.series.region, record.repetition, record.line], ['decoder', 1, 1]);
  });

  for (const [name, point, flag] of [
    ['NaN', number(Number.NaN), 'not_a_number'],
    ['an infinity', number(Number.NEGATIVE_INFINITY), 'not_a_number'],
    ['a value that the exporter withdrew', number(null, { noRecordedValue: true }), 'stale'],
  ] as const) {
    test(`${name} is a reading without a value, flagged ${flag}`, () => {
      assert.deepEqual(readings(gauge(point)), [{ reading: 'total', value: null, atS: 1020, exposureS: null, quality: flag }]);
    });
  }

  test('an integer beyond 2^53 says that it lost precision', () => {
    const [record] = map(gauge(number(2 ** 60, { losesPrecision: true })), { name: 'count', unit: '1' }).records;
    assert.ok(record?.kind === 'samples');
    assert.deepEqual(record.quality, ['autocorrelated', 'precision_lost']);
  });

  test('values without a time are kept apart from those with one', () => {
    const { records } = map(gauge(number(1, { atNs: 0n }), number(2)));
    assert.deepEqual(
      records.map((record) => (record.kind === 'samples' ? [record.values, record.atNs.length] : [])),
      [
        [[2_000_000], 1],
        [[1_000_000], 0],
      ],
    );
  });

  test('percent is divided, so that 57 % is 0.57', () => {
    const [record] = map(gauge(number(57)), { name: 'share', unit: '%' }).records;
    assert.ok(record?.kind === 'samples');
    assert.deepEqual(record.values, [0.57]);
  });

  const refused: readonly (readonly [name: string, point: NumberPoint, says: RegExp])[] = [
    ['no value', number(null), /neither as_double nor as_int/],
    ['a value that overflows its base unit', number(1e305), /out of range/],
    ['a time of another unit', number(1, { atNs: 1020n }), /ten years back/],
    ['a time in the far future', number(1, { atNs: 2n ** 64n - 1n }), /day ahead/],
    [
      'an attribute that comes twice',
      number(1, {
        attributes: [
          ['a', 'x'],
          ['a', 'y'],
        ],
      }),
      /"a" comes twice/,
    ],
    [
      'an attribute called scope',
      number(1, {
        attributes: [
          ['plumbline.label.a', 'x'],
          ['a', 'y'],
        ],
      }),
      /name of a label/,
    ],
    ['an own attribute that is not known', number(1, { attributes: [['plumbline.bettter', 'lower']] }), /plumbline\.bettter.*known/],
    ['a direction that is none', number(1, { attributes: [['plumbline.better', 'faster']] }), /say lower, higher, either/],
    ['half of a surrogate pair', number(1, { attributes: [['a', '\ud800']] }), /surrogate/],
    ['a label that is too long', number(1, { attributes: [['a', 'x'.repeat(513)]] }), /513 characters/],
    ['33 labels', number(1, { attributes: Array.from({ length: 33 }, (_, index) => [`a${index}`, 'x'] as const) }), /33 labels/],
  ];
  for (const [name, point, says] of refused) {
    test(`${name} is refused, and the point beside it lands`, () => {
      const mapped = map(gauge(point, number(1)));
      assert.match(refusal(mapped), says);
      assert.equal(mapped.rejections.count, 1);
      assert.equal(mapped.records.length, 1);
    });
  }
});

describe('a counter', () => {
  test('increases are deltas with the time they were watched for', () => {
    assert.deepEqual(readings(sum('delta', number(4), number(3, { startNs: 0n }), number(2, { startNs: atS(1020) }))), [
      { reading: 'delta', value: 4, atS: 1020, exposureS: 10, quality: '' },
      { reading: 'delta', value: 3, atS: 1020, exposureS: null, quality: '' },
      { reading: 'delta', value: 2, atS: 1020, exposureS: null, quality: '' },
    ]);
  });

  test('a standing whose origin lies in the run begins with 0 there, so that the first export shows an increase', () => {
    assert.deepEqual(readings(sum('cumulative', number(9, { atNs: atS(1030) }), number(5))), [
      { reading: 'cumulative', value: 0, atS: 1010, exposureS: null, quality: '' },
      { reading: 'cumulative', value: 5, atS: 1020, exposureS: null, quality: '' },
      { reading: 'cumulative', value: 9, atS: 1030, exposureS: null, quality: '' },
    ]);
  });

  for (const [name, startNs] of [
    ['before the run was opened', atS(999.999)],
    ['not known', 0n],
    ['the time of the point', atS(1020)],
  ] as const) {
    test(`an origin that is ${name} gives no 0`, () => {
      assert.deepEqual(
        readings(sum('cumulative', number(5, { startNs }))).map(({ value }) => value),
        [5],
      );
    });
  }

  test('an origin at the very opening of the run is in it', () => {
    assert.deepEqual(
      readings(sum('cumulative', number(5, { startNs: atS(1000) }))).map(({ value }) => value),
      [0, 5],
    );
  });

  test('a counter that began anew says so at its new origin', () => {
    const anew = number(2, { startNs: atS(1025), atNs: atS(1030) });
    assert.deepEqual(
      readings(sum('cumulative', number(5), anew)).map(({ value, quality }) => [value, quality]),
      [
        [0, ''],
        [5, ''],
        [0, 'counter_reset'],
        [2, ''],
      ],
    );
  });

  test('a counter that began anew before the run was opened is flagged itself', () => {
    const old = number(50, { startNs: atS(10), atNs: atS(20) });
    const anew = number(60, { startNs: atS(25), atNs: atS(30) });
    assert.deepEqual(
      readings(sum('cumulative', old, anew)).map(({ value, quality }) => [value, quality]),
      [
        [50, ''],
        [60, 'counter_reset'],
      ],
    );
  });

  test('the 0 of an origin that an acknowledged request told is not told again, that of a new one is', () => {
    const cache = new SeriesCache();
    const metric = { name: 'retries', unit: '{retry}' };
    const send = (origins: KnownOrigins, ...points: readonly NumberPoint[]) =>
      mapAll([resourceOf([{ ...metric, data: sum('cumulative', ...points) }])], cache, origins);
    const first = send({ has: () => false }, number(5));
    assert.deepEqual(
      first.origins.map(({ repetition, sinceNs }) => [repetition, sinceNs]),
      [[1, atS(1010)]],
    );
    const [told] = first.origins;
    const known: KnownOrigins = { has: ({ series, sinceNs }) => series === told?.series && sinceNs === told.sinceNs };
    const values = ({ records }: Mapped) => toSingles(records).map((record) => (record.kind === 'reading' ? record.value : null));
    const later = send(known, number(7, { atNs: atS(1030) }));
    assert.deepEqual([values(later), later.origins.length], [[7], 0]);
    const anew = send(known, number(2, { startNs: atS(1035), atNs: atS(1040) }));
    assert.deepEqual([values(anew), anew.origins.length], [[0, 2], 1]);
  });

  test('standings and increases of one series are one record, whatever has flags of its own beside it', () => {
    const points = [number(5), number(9, { atNs: atS(1030) }), number(2 ** 60, { atNs: atS(1040), losesPrecision: true })];
    const cumulative = map(sum('cumulative', ...points), { name: 'retries', unit: '1' }).records;
    assert.deepEqual(
      cumulative.map((record) => (record.kind === 'readings' ? [record.reading, record.values, record.exposureS] : record.kind)),
      [['cumulative', [0, 5, 9], []], 'reading'],
    );
    const increases = [number(5), number(9, { startNs: atS(1020), atNs: atS(1030) }), number(4)];
    const delta = map(sum('delta', ...increases), { name: 'retries', unit: '1' }).records;
    assert.deepEqual(
      delta.map((record) => (record.kind === 'readings' ? [record.reading, record.values, record.exposureS, record.line] : record.kind)),
      [['delta', [5, 9], [10, 10], 1], 'reading'],
    );
  });

  test('two writers of one series are refused: their difference is no increase', () => {
    const cases = [
      [number(5), number(700)],
      [number(5, { atNs: atS(1040) }), number(700, { startNs: atS(1011), atNs: atS(1050) })],
    ];
    for (const points of cases) {
      const mapped = map(sum('cumulative', ...points), { name: 'retries', unit: '1' });
      assert.match(refusal(mapped), /2 points rejected: 2 × two cumulative counters/);
      assert.deepEqual(mapped.records, []);
    }
    const one = resourceOf([{ name: 'retries', unit: '1', data: sum('cumulative', number(5)) }]);
    const other = resourceOf(
      [{ name: 'retries', unit: '1', data: sum('cumulative', number(9, { atNs: atS(1030) })) }],
      [...BOUND, ['host.name', 'b']],
    );
    assert.match(refusal(mapAll([one, other])), /two cumulative counters/);
    const second = { ...other, resource: [...other.resource, ['plumbline.repetition', 2] as const] };
    assert.equal(refusal(mapAll([one, second])), '', 'repetitions tell them apart');
  });

  const refused: readonly (readonly [name: string, data: Parameters<typeof map>[0], says: RegExp])[] = [
    ['a temporality that is not said', sum('unspecified', number(1)), /delta or cumulative/],
    ['a negative increase', sum('delta', number(-1)), /up-down counter/],
    ['a negative standing', sum('cumulative', number(-1)), /up-down counter/],
    ['a standing without a time', sum('cumulative', number(1, { atNs: 0n, startNs: 0n })), /no time/],
    ['a standing before its origin', sum('cumulative', number(1, { startNs: atS(1021) })), /starts after its own time/],
    ['changes of a level', { kind: 'sum', temporality: 'delta', isMonotonic: false, points: [number(1)] }, /cumulative temporality/],
    ['a summary', { kind: 'summary', points: [{ ...number(1), count: 1n, sum: 1, quantiles: [] }] }, /use a histogram/],
  ];
  for (const [name, data, says] of refused) {
    test(`${name} is refused`, () => {
      const mapped = map(data, { name: 'retries', unit: '1' });
      assert.match(refusal(mapped), says);
      assert.deepEqual([mapped.records, mapped.rejections.count], [[], 1]);
    });
  }

  test('an up-down counter is a level', () => {
    const [record] = map(
      { kind: 'sum', temporality: 'cumulative', isMonotonic: false, points: [number(-3)] },
      { name: 'queue', unit: '1' },
    ).records;
    assert.ok(record?.kind === 'samples');
    assert.deepEqual(record.values, [-3]);
  });
});

describe('the series of a metric', () => {
  const seriesOf = (metric: { name: string; unit: string }, data = gauge(number(1)), resource = BOUND, scope = '') => {
    const mapped = mapAll([resourceOf([{ ...metric, data }], resource, scope)]);
    const [record] = mapped.records;
    return record === undefined || !('series' in record) ? refusal(mapped) : record.series;
  };
  const pick = (series: ReturnType<typeof seriesOf>) =>
    typeof series === 'string' ? series : [series.metric, series.unit, series.better, series.judgedAs].join(' ');

  const cases: readonly (readonly [name: string, unit: string, kind: 'level' | 'counter', declared: string])[] = [
    ['hw.errors', '{error}', 'counter', 'hw.errors 1 lower rate'],
    ['hw.errors', '', 'counter', 'hw.errors 1 lower rate'],
    ['hw.gpu.memory.usage', 'MiBy', 'level', 'gpu.memory_used By lower context'],
    ['hw.energy', 'kJ', 'counter', 'hw.energy J lower context'],
    ['hw.gpu.utilization', '1', 'level', 'gpu.utilisation 1 either context'],
    ['throughput', '{request}/s', 'level', 'throughput Hz higher location'],
    ['queue', '{item}', 'level', 'queue {item} either context'],
    ['retries', '{retry}', 'counter', 'retries {retry} either rate'],
    ['process.cpu.time', 's', 'counter', 'process.cpu.time ns either context'],
  ];
  for (const [name, unit, kind, declared] of cases) {
    test(`${name} in ${unit === '' ? 'no unit' : unit} is ${declared}`, () => {
      assert.equal(pick(seriesOf({ name, unit }, kind === 'level' ? gauge(number(1)) : sum('delta', number(1)))), declared);
    });
  }

  for (const [name, unit, says] of [
    ['latency', '', /has no unit, which|has no unit; declare/],
    ['queue', '', /has no unit; declare the unit/],
    ['queue', 'furlong', /"furlong", which is not known/],
    ['latency', 'By', /latency is in By, but the metric latency is in ns/],
    ['DCGM_FI_DEV_FB_USED', '', /has no unit/],
    ['', 'ms', /has no name/],
    ['x'.repeat(201), 'ms', /201 characters/],
  ] as const) {
    test(`${name.slice(0, 30)} in ${JSON.stringify(unit)} is refused: a unit is never guessed`, () => {
      assert.match(pick(seriesOf({ name, unit })), says);
    });
  }

  test('a unit that the conventions fix is flagged as assumed when it was not sent', () => {
    const [record] = map(sum('delta', number(1)), { name: 'hw.errors', unit: '' }).records;
    assert.ok(record?.kind === 'readings');
    assert.deepEqual(record.quality, ['unit_assumed']);
  });

  test('plumbline.better on point, scope or resource makes a level count; the nearest word wins', () => {
    const resource = [...BOUND, ['plumbline.better', 'higher'] as const];
    assert.equal(pick(seriesOf({ name: 'queue', unit: '1' }, gauge(number(1)), resource)), 'queue 1 higher location');
    const point = number(1, { attributes: [['plumbline.better', 'lower']] });
    assert.equal(pick(seriesOf({ name: 'queue', unit: '1' }, gauge(point), resource)), 'queue 1 lower location');
  });

  test('without a direction the sender is told', () => {
    const { warnings } = map(gauge(number(1), number(2)), { name: 'queue', unit: '1' });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['better_unknown'],
    );
    assert.deepEqual(map(gauge(number(1, { attributes: [['plumbline.better', 'either']] })), { name: 'queue', unit: '1' }).warnings, []);
  });

  test('attributes are labels as text; those of an instance are kept beside, and never identity', () => {
    const attributes = [
      ['text', 'a'],
      ['yes', true],
      ['ratio', 0.1],
      ['whole', 9_007_199_254_740_993n],
      ['list', ['a', 1, null]],
      ['bytes', Uint8Array.of(1, 2)],
      ['map', { entries: [['b', 2]] }],
      ['nothing', null],
      ['host.name', 'lab-07'],
      ['hw.id', 'GPU-1'],
      ['k8s.pod.name', 'p'],
      ['gpu.uuid', 'u'],
      ['plumbline.label.stage', 'warm'],
      ['__proto__', 'x'],
    ] as const;
    const series = seriesOf({ name: 'latency', unit: 'ms' }, gauge(number(1, { attributes })), BOUND, 'my.library');
    assert.ok(typeof series !== 'string', String(series));
    assert.deepEqual(Object.entries(series.labels), [
      ['text', 'a'],
      ['yes', 'true'],
      ['ratio', '0.1'],
      ['whole', '9007199254740993'],
      ['list', '["a",1,null]'],
      ['bytes', 'AQI='],
      ['map', '{"b":2}'],
      ['__proto__', 'x'],
      ['stage', 'warm'],
      ['scope', 'my.library'],
    ]);
    assert.deepEqual(series.attributes, { 'host.name': 'lab-07', 'hw.id': 'GPU-1', 'k8s.pod.name': 'p', 'gpu.uuid': 'u' });
  });

  test('a region is the nearest plumbline.region, else the service; a made-up service is none', () => {
    const regionOf = (resource: Parameters<typeof seriesOf>[2], attributes: NumberPoint['attributes'] = []) => {
      const series = seriesOf({ name: 'latency', unit: 'ms' }, gauge(number(1, { attributes })), resource);
      return typeof series === 'string' ? series : series.region;
    };
    assert.equal(regionOf([...BOUND, ['plumbline.region', 'warm-up']]), 'warm-up');
    assert.equal(regionOf([...BOUND, ['plumbline.region', 'warm-up']], [['plumbline.region', 'decode']]), 'decode');
    for (const resource of [
      [['plumbline.run.id', RUN_ID]],
      [
        ['plumbline.run.id', RUN_ID],
        ['service.name', 'unknown_service:node'],
      ],
    ] as const) {
      assert.match(regionOf(resource), /set service\.name or plumbline\.region/);
    }
  });

  test('two devices that no label tells apart are refused, not mixed', () => {
    const of = (id: string, more: NumberPoint['attributes'] = []) => number(1, { attributes: [['hw.id', id], ...more] });
    assert.match(refusal(map(gauge(of('GPU-1'), of('GPU-2')))), /1 × two sources .*GPU-1.*GPU-2.*hw\.name/);
    assert.equal(refusal(map(gauge(of('GPU-1', [['hw.name', 'a']]), of('GPU-2', [['hw.name', 'b']])))), '');
  });

  test('one series that is sent as two kinds, or under two names, is refused where it differs', () => {
    const send = (a: { name: string; unit: string }, b: { name: string; unit: string }, data = gauge(number(1))) =>
      refusal(
        mapAll([
          resourceOf([
            { ...a, data: gauge(number(1)) },
            { ...b, data },
          ]),
        ]),
      );
    assert.match(send({ name: 'queue', unit: '1' }, { name: 'queue', unit: 'By' }), /two kinds of unit: "1" and "By"/);
    assert.match(send({ name: 'queue', unit: '1' }, { name: 'queue', unit: '1' }, sum('delta', number(1))), /two kinds of/);
    assert.match(send({ name: 'latency', unit: 'ms' }, { name: 'lat', unit: 'ms' }), /nativeMetric: "latency" and "lat"/);
  });

  test('one series is declared alike from any order of attributes, and with or without a cache', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'a\u0001', '1:a', 'b1', ''), { minLength: 1, maxLength: 4 });
    const attributes = names.chain((all) =>
      fc.tuple(...all.map((name) => fc.tuple(fc.constant(name), fc.constantFrom('', 'x', '1:x', 'b')))),
    );
    fc.assert(
      fc.property(fc.array(attributes, { minLength: 1, maxLength: 6 }), (sets) => {
        const points = sets.flatMap((set) => [number(1, { attributes: set }), number(2, { attributes: set.toReversed() })]);
        const cache = new SeriesCache(2000);
        const request = [resourceOf([{ name: 'latency', unit: 'ms', data: gauge(...points) }])];
        const runs = [mapAll(request, cache), mapAll(request, cache), mapAll(request)];
        const [first, ...others] = runs.map(({ records }) => records);
        for (const other of others) assert.deepEqual(other, first);
        const valid = sets.filter((set) => set.every(([name]) => name !== ''));
        const distinct = new Set(valid.map((set) => JSON.stringify(set.toSorted(([a], [b]) => (a < b ? -1 : 1)))));
        assert.equal(first?.length, distinct.size);
      }),
    );
  });
});
