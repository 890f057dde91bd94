import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';

const TASK = 'the task that was measured or analysed; `region` says the same';
const FREQUENCY = 'hertz of the counter';

/** One example of each format of kind wcet; a format without one does not compile. */
export const WCET_EXAMPLES: Readonly<Record<(typeof FORMATS)['wcet'][number], FormatExample>> = {
  'cycles-csv': {
    payload: `run,path,input,cycles
0,hot,a,10790
1,hot,b,10655
2,cold,a,14021
`,
    shown: 2,
    query: { task: 'insertsort' },
    options: { task: `${TASK}; or a column \`task\``, frequencyHz: `${FREQUENCY}, kept beside the series; cycles stay cycles` },
  },
  bounds: {
    payload: `{"task":"icrc","kind":"static","value":143137,"unit":"cycles","tool":"Bound-T"}
{"task":"icrc","kind":"budget","value":150000,"unit":"cycles"}
`,
    shown: 1,
    query: {},
    options: {},
  },
  'plain-list': {
    payload: `353
890
1100
`,
    shown: 2,
    query: { task: 'qsort', unit: 'cycles' },
    options: {
      task: TASK,
      delimiter: 'what stands between the numbers of a line, when it is no blank: `comma`, `semicolon`, `tab`, `space` or `pipe`',
    },
  },
  'bound-t': {
    payload: `Note:main.elf::::Bound-T 4c5 for Atmel-AVR
Wcet:main.elf:crc.c:icrc1:58-69:452
Wcet:main.elf:crc.c:icrc:73-109:143137
`,
    shown: 3,
    query: {},
    options: {},
  },
  cbmc: {
    payload: `...step #1: WCET in [0,820]
RESULT: 410 < WCET <= 410 cycles
`,
    shown: 2,
    query: { task: 'bs' },
    options: { task: TASK },
  },
  otawa: {
    payload: `WCET[main] = 1234 cycles
`,
    shown: 1,
    query: {},
    options: {},
  },
  'platin-pml': {
    payload: `timing:
- scope:
    function: 7
  cycles: 425
  level: machinecode
  origin: platin
`,
    shown: 4,
    query: { task: 'foo' },
    options: { task: `${TASK}, when the file names its functions by number only` },
  },
  'ait-xml': {
    payload: `<?xml version="1.0"?>
<a3 xmlns="http://www.absint.com/a3report">
 <wcet_analysis_task id="aiT">
  <decode><routines>
   <routine id="r1" address="0x1000" name="main"/>
  </routines></decode>
  <wcet_analysis><wcet_path>
   <wcet_entry routine="r1"/>
   <wcet_routine routine="r1" count="1" cumulative_cycles="812"/>
  </wcet_path></wcet_analysis>
 </wcet_analysis_task>
</a3>
`,
    shown: 9,
    query: {},
    options: { task: `${TASK}, when the file names no routine` },
  },
  'chronovise-csv': {
    payload: `NR_SAMPLES,KPSS_STAT,KPSS_CV,BDS_STAT,BDS_CV,RS_STAT,RS_CV,PPI_STAT,PPI_CV,PPI_RESULT,PWCET_MU,PWCET_SG,PWCET_XI,WCET10_M9
1200,0.116882,0.461537,1.52379,1.96,0.846732,1.747,0.943671,0.891024,P,33.5198,1.05804,-0.219108,38.2972
`,
    shown: 2,
    query: { task: 'qsort', unit: 'us' },
    options: { task: TASK },
  },
  btf: {
    payload: `#version 2.2.1
#creator libBtf
#timescale ns
100,Core1,0,C,Core1,0,execute
200,Core1,0,T,Task1,0,start
500,Core1,0,T,Task1,0,terminate
600,Core1,0,T,Task1,1,start
1012,Core1,0,T,Task1,1,terminate
`,
    shown: 6,
    query: {},
    options: {},
  },
  babeltrace: {
    payload: `[18:51:44.065866880] (+?.?????????) vm rt:task_start: { cpu_id = 1 }, { vpid = 5873, procname = "app" }, { task = "insertsort", job = 0 }
[18:51:44.065876725] (+0.000009845) vm rt:task_end: { cpu_id = 1 }, { vpid = 5873, procname = "app" }, { task = "insertsort", job = 0, cycles = 10790 }
`,
    shown: 2,
    query: {},
    options: { frequencyHz: `${FREQUENCY}, when babeltrace2 printed \`--clock-cycles\`` },
  },
  'mapped-csv': {
    payload: `function,observed,bound
f,812,1010
g,90,118
`,
    shown: 2,
    query: { 'column.task': 'function', 'column.cycles': 'observed', 'column.static': 'bound', unit: 'cycles', tool: 'mytool' },
    options: {
      task: `${TASK}, the same for all rows`,
      delimiter: 'what stands between fields: `comma` (the default), `semicolon`, `tab`, `space` or `pipe`',
      frequencyHz: `${FREQUENCY}, kept beside the series; cycles stay cycles`,
      probability: 'exceedance probability of `column.pwcet`',
      tool: 'who found the bounds',
      'column.task': 'the column that names the task',
      'column.path': 'the column that names the path taken',
      'column.input': 'the column that names the class of input',
      'column.repetition': 'the column that holds the number of the repetition',
      'column.cycles': 'the column of measured cycles',
      'column.ns': 'the column of measured nanoseconds',
      'column.value': 'the column of measured values in `unit`',
      'column.budget': 'the column of budgets in `unit`',
      'column.static': 'the column of proven bounds in `unit`',
      'column.pwcet': 'the column of probabilistic bounds in `unit`',
    },
  },
};
