/** For the programs that run on a machine itself, outside of the containers. */
import { IB_GATEWAY_PORT } from '../facts/endpoints.ts';
import type { Fix } from '../finding.ts';
import { advice, changes, inspects, looks, start } from './make.ts';
import { sh } from './shell.ts';
import type { Stack } from './stack.ts';

export function hostFixes({ deployment, ofType }: Stack) {
  const isHomelab = deployment === 'homelab';
  const isProduction = deployment === 'local-prod';
  return {
    startIbHost(): Fix {
      const label = 'Start the IB host service';
      if (isHomelab) return advice(`${label}: none of the homelab’s hosts runs it by itself.`);
      if (isProduction)
        return changes(`${label} (in the folder of local-prod)`, sh`uv run kinfra local-prod start-ib-host`);
      return changes(`${label} (in ktrdr’s folder)`, sh`cd ib-host-service && ./start.sh`);
    },
    ibHostHealth: (): Fix =>
      isHomelab
        ? looks('Ask the IB host service for /health on the machine that runs it, port 5001.')
        : inspects(
            'Is the IB host service listening?',
            'Without an answer it isn’t running.',
            sh`curl -s http://localhost:5001/health`,
          ),
    /** A container that calls its own localhost. */
    ibHostFromContainer: (): Fix =>
      advice(
        `If the service runs and the backend is a container, ${
          isHomelab
            ? 'set IB_HOST_SERVICE_URL to its address'
            : 'set IB_HOST_SERVICE_URL=http://host.docker.internal:5001'
        } in the environment of the backend in its compose file and create the container again${deployment === 'local' || isHomelab ? '' : ' through kinfra'}: for downloads it does not read KTRDR_IB_HOST_*.`,
      ),
    trainingHostHealth: (): Fix | null =>
      isHomelab
        ? null
        : inspects(
            'Is the training host service listening?',
            'Without an answer, start it. With one, the caller uses another address.',
            sh`curl -s http://localhost:5002/health`,
          ),
    startTrainingHost(): Fix {
      const label = 'Start the training host service';
      if (isProduction)
        return changes(`${label} (in the folder of local-prod)`, sh`uv run kinfra local-prod start-training-host`);
      const [gpu] = isHomelab ? ofType('training').filter(({ service }) => service.endsWith('-gpu')) : [];
      return gpu === undefined
        ? advice(
            `${label} with training-host-service/start.sh, which needs the password of the database; or use a training worker.`,
          )
        : start([gpu], 'Start the worker with a GPU, if it has stopped');
    },
    gatewayPort: (port = IB_GATEWAY_PORT): Fix =>
      isHomelab
        ? looks(`Check on the machine of the IB Gateway whether anything listens on port ${port}.`)
        : inspects(
            'Does anything listen on the IB Gateway’s port on its machine?',
            '“succeeded” means that the Gateway runs, “refused” that it doesn’t.',
            sh`nc -z -v localhost ${port}`,
          ),
  };
}
