import { prove } from './kit/proofs.ts';

prove('apache, mysql, WordPress', 6);
