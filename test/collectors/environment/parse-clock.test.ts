import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChronyTracking } from '../../../collectors/environment/index.ts';

// chrony 4.3, `chronyc -c tracking` and its text form captured together: the text said "0.000001079 seconds fast of NTP time".
const SYNCHRONISED =
  '7F000001,127.0.0.1,4,1795200692.059766635,-0.000001079,0.000000050,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal\n';
const UNSYNCHRONISED =
  '00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n';
const NO_DAEMON = '506 Cannot talk to daemon\n';

test('reads offset and maximum error of a synchronised clock, a fast clock being ahead', () => {
  // |−1079| + 1173 + 6106 / 2 = 5305 ns
  assert.deepEqual(parseChronyTracking(SYNCHRONISED, 1795200693), {
    source: 'ntp',
    synchronised: true,
    offsetNs: 1079,
    uncertaintyNs: 5305,
  });
});

test('calls a clock synchronised up to the last second of silence and not one later', () => {
  const lastUpdateS = 1795200692.0597665;
  assert.equal(parseChronyTracking(SYNCHRONISED, lastUpdateS + 2047.9)?.synchronised, true);
  assert.equal(parseChronyTracking(SYNCHRONISED, lastUpdateS + 2048.1)?.synchronised, false);
});

test('waits eight updates of a slow source before it counts as lost', () => {
  const slow = SYNCHRONISED.replace(',0.3,Normal', ',1024.0,Normal');
  assert.equal(parseChronyTracking(slow, 1795200692 + 8000)?.synchronised, true);
  assert.equal(parseChronyTracking(slow, 1795200692 + 8300)?.synchronised, false);
});

test('gives an unsynchronised clock no offset', () => {
  assert.deepEqual(parseChronyTracking(UNSYNCHRONISED, 1795200693), { source: 'ntp', synchronised: false });
});

test('names a hardware clock as PTP and a pulse as satellite time', () => {
  assert.equal(parseChronyTracking(SYNCHRONISED.replace('127.0.0.1', 'PHC0'), 1795200693)?.source, 'ptp');
  assert.equal(parseChronyTracking(SYNCHRONISED.replace('127.0.0.1', 'PPS0'), 1795200693)?.source, 'gnss');
});

for (const [name, text] of [
  ['no daemon', NO_DAEMON],
  ['no output', ''],
  ['a truncated line', SYNCHRONISED.slice(0, 60)],
  ['an offset that is no number', SYNCHRONISED.replace('-0.000001079', 'nan')],
] as const) {
  test(`finds no clock in ${name}`, () => assert.equal(parseChronyTracking(text, 1795200693), undefined));
}
