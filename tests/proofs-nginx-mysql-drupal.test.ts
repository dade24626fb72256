import { prove } from './kit/proofs.ts';

prove('nginx, mysql, Drupal', 2);
