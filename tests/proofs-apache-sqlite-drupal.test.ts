import { prove } from './kit/proofs.ts';

prove('apache, sqlite, Drupal', 6);
