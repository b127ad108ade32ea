/** For the programs that run on a machine itself, outside the containers. */
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
      if (isHomelab) return advice(`${label} manually: no homelab host starts it automatically.`);
      if (isProduction)
        return changes(`${label} (in the folder of local-prod)`, sh`uv run kinfra local-prod start-ib-host`);
      return changes(`${label} (in ktrdr’s folder)`, sh`cd ib-host-service && ./start.sh`);
    },
    ibHostHealth: (): Fix =>
      isHomelab
        ? looks('On the machine that runs the IB host service, check /health on port 5001.')
        : inspects(
            'Check whether the IB host service is listening',
            'No response means it isn’t running.',
            sh`curl -s http://localhost:5001/health`,
          ),
    /** A container that calls its own localhost. */
    ibHostFromContainer: (): Fix =>
      advice(
        `If the service is running and the backend is in a container, ${
          isHomelab
            ? 'set IB_HOST_SERVICE_URL to its address'
            : 'set IB_HOST_SERVICE_URL=http://host.docker.internal:5001'
        } in the backend’s environment in its compose file and recreate the container${deployment === 'local' || isHomelab ? '' : ' through kinfra'}: for downloads, the backend doesn’t read KTRDR_IB_HOST_*.`,
      ),
    trainingHostHealth: (): Fix | null =>
      isHomelab
        ? null
        : inspects(
            'Check whether the training host service is listening',
            'If there is no response, start it. If there is, the caller uses another address.',
            sh`curl -s http://localhost:5002/health`,
          ),
    startTrainingHost(): Fix {
      const label = 'Start the training host service';
      if (isProduction)
        return changes(`${label} (in the folder of local-prod)`, sh`uv run kinfra local-prod start-training-host`);
      const [gpu] = isHomelab ? ofType('training').filter(({ service }) => service.endsWith('-gpu')) : [];
      return gpu === undefined
        ? advice(
            `${label} with training-host-service/start.sh, which needs the database password, or use a training worker.`,
          )
        : start([gpu], 'Start the GPU worker, if it has stopped');
    },
    gatewayPort: (port = IB_GATEWAY_PORT): Fix =>
      isHomelab
        ? looks(`On the IB Gateway machine, check whether anything listens on port ${port}.`)
        : inspects(
            'Check the IB Gateway port on its machine',
            '“succeeded” means that the Gateway is running. “refused” means that it isn’t.',
            sh`nc -z -v localhost ${port}`,
          ),
  };
}
