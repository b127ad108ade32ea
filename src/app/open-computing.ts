/** Opens the computing for this process's workers. The heavy modules are loaded only in a process with workers. */
import type { Diagnosis } from '../diagnosis/finding.ts';
import type { Answer } from '../formatters/message.ts';
import type { DiagnosisWorkerOptions } from '../jobs/answer/diagnosis-worker.ts';
import type { Computing } from './computing.ts';
import type { Runtime } from './runtime.ts';

/**
 * Computes in separate processes, so that it can't delay acknowledgements or the renewal of job locks. The demo passes its own
 * diagnoser, which reads recordings in this process.
 */
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

/** Formatting returns the answer that the computing process already formatted with the diagnosis. */
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
