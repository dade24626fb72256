import { prove } from './kit/proofs.ts';

prove('two servers, nginx, mysql, WordPress', 20);
