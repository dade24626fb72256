import { prove } from './kit/proofs.ts';

prove('two servers, apache, sqlite, Drupal', 9);
