import { onReal, onSimulated } from '../../../tests/kit/http-benches.ts';
import { httpContract } from '../../../tests/kit/http-contract.ts';

httpContract('nginx', (action) => onReal('nginx', action));
httpContract('simulated nginx', (action) => onSimulated('nginx', action));
