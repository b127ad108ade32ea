/** Where the workers of this process have their answers made: the heavy modules are loaded only in a process that has workers. */
import type { Diagnosis } from '../diagnosis/finding.ts';
import type { Answer } from '../formatters/message.ts';
import type { DiagnosisWorkerOptions } from '../jobs/answer/diagnosis-worker.ts';
import type { Computing } from './computing.ts';
import type { Runtime } from './runtime.ts';

/** In processes of their own, so that neither an acknowledgement nor the lock of a job waits for it. A demo has its own, for its recordings. */
export async function openComputing({
  config,
  log,
  diagnoser,
}: Runtime): Promise<Computing & { close(): Promise<void> }> {
  if (diagnoser !== null) {
    const { computeHere } = await import('./computing.ts');
    return { ...(await computeHere(config, { diagnose: diagnoser })), close: async () => {} };
  }
  const { computeInProcesses } = await import('./processes.ts');
  return computeInProcesses(config, { log });
}

/** The answer was formatted where the diagnosis was made. */
export function diagnoserOf({ diagnose }: Computing): Pick<DiagnosisWorkerOptions, 'diagnose' | 'format'> {
  const answers = new WeakMap<Diagnosis, Answer>();
  return {
    async diagnose(subject, symptom, signal, onPhase) {
      const { diagnosis, answer } = await diagnose({ subject, symptom }, signal, onPhase);
      answers.set(diagnosis, answer);
      return diagnosis;
    },
    format(diagnosis) {
      const answer = answers.get(diagnosis);
      if (answer === undefined) throw new Error('This diagnosis was not made here.');
      return answer;
    },
  };
}
