import { onReal, onSimulated } from '../../../tests/kit/http-benches.ts';
import { httpContract } from '../../../tests/kit/http-contract.ts';

httpContract('apache', (action) => onReal('apache', action));
httpContract('simulated apache', (action) => onSimulated('apache', action));
