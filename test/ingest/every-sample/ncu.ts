import { as, document, layout, push, type SampleFolder } from './row.ts';

export const NCU: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'ncu2019-V100-cfd-details-page.log': as(push('gpu/ncu-csv')),
  'ncu2025.1-european-locale-command-line-metrics.csv': as(push('gpu/ncu-csv')),
  'nersc-GPP-Volta-run.survey.sh': document('a script that calls ncu'),
  'nersc-SpeedOfLight_HierarchicalDoubleRooflineChart.section': document('the settings of a section of ncu'),
  'page-details-2023plus-header-with-rule-columns.csv': layout(push('gpu/ncu-csv')),
  'page-raw-wide-layout-UNVERIFIED-VALUES.csv': layout(push('gpu/ncu-csv')),
};
