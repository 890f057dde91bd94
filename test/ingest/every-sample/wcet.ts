import { as, document, layout, push, type SampleFolder } from './row.ts';

export const WCET: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'atsushi421-MBPTA-sample_input-head.txt': as(push('wcet/plain-list'), push('wcet/plain-list', { task: 't', unit: 'cycles' })),
  'boundt-adpcm-decode-wcet.log': as(push('wcet/bound-t')),
  'boundt-bs-wcet.log': as(push('wcet/bound-t')),
  'boundt-cnt-wcet.log': as(push('wcet/bound-t')),
  'boundt-crc-wcet.log': as(push('wcet/bound-t')),
  'bsort_random_times-head.csv': as(push('wcet/mapped-csv', { task: 'bsort', 'column.value': 'execution_time', unit: 's' }, 'none')),
  'btf-2.2.0-tracecompass-test.btf': layout(push('wcet/btf')),
  'btf-2.2.1-libBtf-test.btf': layout(push('wcet/btf')),
  'cbmc-bs-wcet.log': as(push('wcet/cbmc'), push('wcet/cbmc', { task: 'bs' })),
  'chronovise-app-output.csv': as(push('wcet/chronovise-csv'), push('wcet/chronovise-csv', { task: 't', unit: 'cycles' })),
  'chronovise-app-output.txt': document('the text of chronovise-app: send --csv-output'),
  'chronovise-app-tooshort.txt': as(push('wcet/chronovise-csv', { task: 't', unit: 'cycles' })),
  'chronovise-samples-test_cv_values.txt': as(push('wcet/plain-list', { task: 't', unit: 'cycles' })),
  'otawa-owcet-format.txt': layout(push('wcet/otawa')),
  'platin-pml-eth_mac_send.yaml': as(push('wcet/platin-pml'), push('wcet/platin-pml', { task: 'eth_mac_send' })),
  'platin-pml-foo.yaml': as(push('wcet/platin-pml'), push('wcet/platin-pml', { task: 'foo' })),
  'riscv64-qemu-rdcycle-insertsort.csv': as(
    push('wcet/cycles-csv', { task: 'insertsort' }),
    push('wcet/mapped-csv', { task: 'insertsort', 'column.ns': 'ns', 'column.input': 'input_id' }, 'cycles-csv'),
  ),
  'simulavr-crc-simlog.txt': document('a Python dict of a simulator driver: convert it to CSV and send mapped-csv'),
  'tacle-measured-times.csv': as(
    push('wcet/mapped-csv', { 'column.task': 'benchmark_name', 'column.value': 'execution_time', unit: 's' }, 'none'),
  ),
};
