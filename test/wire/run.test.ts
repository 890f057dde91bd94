import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSubjectVersion, type SubjectVersion } from '../../wire/run.ts';

const cases: readonly { readonly name: string; readonly version: string; readonly expected: SubjectVersion }[] = [
  {
    name: 'all parts',
    version: '2.4.1+nvf1.0+k5.19+riscv64',
    expected: { release: '2.4.1', nvlinkFusion: '1.0', kernel: '5.19', isa: 'riscv64', other: [] },
  },
  {
    name: 'all parts in another order',
    version: '2.4.1+riscv64+k5.19+nvf1.0',
    expected: { release: '2.4.1', nvlinkFusion: '1.0', kernel: '5.19', isa: 'riscv64', other: [] },
  },
  { name: 'a release alone', version: '2.4.1', expected: { release: '2.4.1', other: [] } },
  { name: 'a release candidate', version: '2.4.1-rc.1', expected: { release: '2.4.1-rc.1', other: [] } },
  { name: 'a commit for a release', version: 'abc123', expected: { release: 'abc123', other: [] } },
  {
    name: 'no NVLink Fusion',
    version: '2.4.1+k6.12.107+x86_64',
    expected: { release: '2.4.1', kernel: '6.12.107', isa: 'x86_64', other: [] },
  },
  { name: 'no kernel', version: '2.4.1+nvf1.0+aarch64', expected: { release: '2.4.1', nvlinkFusion: '1.0', isa: 'aarch64', other: [] } },
  { name: 'no ISA', version: '2.4.1+nvf1.0+k5.19', expected: { release: '2.4.1', nvlinkFusion: '1.0', kernel: '5.19', other: [] } },
  { name: 'a kernel with a local part', version: '1+k6.1.0-rc2-custom', expected: { release: '1', kernel: '6.1.0-rc2-custom', other: [] } },
  { name: 'parts that are not known', version: '1+cuda12.4+dirty', expected: { release: '1', other: ['cuda12.4', 'dirty'] } },
  {
    name: 'parts that only look known',
    version: '1+kernel+nvf+k+riscv',
    expected: { release: '1', other: ['kernel', 'nvf', 'k', 'riscv'] },
  },
  { name: 'letters of another case', version: '1+NVF1.0+K5.19+RISCV64', expected: { release: '1', other: ['NVF1.0', 'K5.19', 'RISCV64'] } },
  {
    name: 'a part that comes twice: the first counts, the other is kept',
    version: '1+k5.19+k6.1+riscv64+x86_64+nvf1.0+nvf2.0',
    expected: { release: '1', nvlinkFusion: '1.0', kernel: '5.19', isa: 'riscv64', other: ['k6.1', 'x86_64', 'nvf2.0'] },
  },
  { name: 'nothing', version: '', expected: { release: '', other: [] } },
  { name: 'no release', version: '+k5.19', expected: { release: '', kernel: '5.19', other: [] } },
  { name: 'an empty part', version: '1++k5.19+', expected: { release: '1', kernel: '5.19', other: ['', ''] } },
  { name: 'a line feed after a part', version: '1+k5.19\n', expected: { release: '1', other: ['k5.19\n'] } },
];
for (const { name, version, expected } of cases) {
  test(`a subject version with ${name}`, () => {
    assert.deepEqual(parseSubjectVersion(version), expected);
  });
}

for (const isa of ['riscv64', 'riscv32', 'x86_64', 'amd64', 'aarch64', 'arm64', 'ppc64le', 's390x']) {
  test(`${isa} is read as the ISA`, () => {
    assert.equal(parseSubjectVersion(`1+${isa}`).isa, isa);
  });
}

test('nothing of a version is lost: its parts put together again are as many as before', () => {
  for (const { version } of cases) {
    const { release, nvlinkFusion, kernel, isa, other } = parseSubjectVersion(version);
    const parts = [
      release,
      ...(nvlinkFusion === undefined ? [] : [`nvf${nvlinkFusion}`]),
      ...(kernel === undefined ? [] : [`k${kernel}`]),
      ...(isa === undefined ? [] : [isa]),
      ...other,
    ];
    assert.deepEqual(parts.toSorted(), version.split('+').toSorted());
  }
});
