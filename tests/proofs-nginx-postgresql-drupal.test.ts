import { prove } from './kit/proofs.ts';

prove('nginx, postgresql, Drupal', 6);
