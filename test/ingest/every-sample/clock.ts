import { as, document, push, type SampleFolder } from './row.ts';

export const CLOCK: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'chronyc-c-sources.csv': document('the sources of chronyd; the offset is in chronyc -c tracking'),
  'chronyc-c-sourcestats.csv': document('statistics of the sources of chronyd; the offset is in chronyc -c tracking'),
  'chronyc-c-tracking-unsynchronised.csv': as(push('environment/chronyc-csv')),
  'chronyc-c-tracking.csv': as(push('environment/chronyc-csv')),
  'chronyc-no-daemon.txt': as(push('environment/chronyc-tracking')),
  'chronyc-ntpdata.txt': as(push('environment/chronyc-tracking')),
  'chronyc-sources-v.txt': document('the sources of chronyd; the offset is in chronyc tracking'),
  'chronyc-tracking-unsynchronised.txt': as(push('environment/chronyc-tracking')),
  'chronyc-tracking.txt': as(push('environment/chronyc-tracking')),
  'chronyd.log': document('the log of chronyd; the offset is in chronyc tracking'),
  'phc2sys-ptp4l-field-logs.txt': as(push('environment/phc2sys-log', {}, 'ambiguous'), push('environment/ptp4l-log', {}, 'ambiguous')),
  'pmc-3.1.1-no-daemon.txt': as(push('environment/pmc')),
  'pmc-3.1.1-slave.txt': as(push('environment/pmc')),
  'ptp4l-3.1.1-sw-timestamping-master.log': as(push('environment/ptp4l-log')),
  'ptp4l-3.1.1-sw-timestamping-slave.log': as(push('environment/ptp4l-log')),
  'ptp4l-4.2-sw-timestamping-client.log': as(push('environment/ptp4l-log')),
};
