import { defineConfig } from '../src/tasks/catalog.ts';
import { cacheService } from './cache-service.ts';
import { serverRack } from './server-rack.ts';
import { siteContact } from './site-contact.ts';
import { siteGreeting } from './site-greet.ts';

/**
 * What Aegir is to have beyond what it comes with. Hub and worker read /etc/aegir/aegir.config.ts (or the file that
 * AEGIR_CONFIG names) when they start. Nothing is discovered: a plug-in that does not stand here does not exist.
 */
// biome-ignore lint/style/noDefaultExport: it is how the file is read.
export default defineConfig(cacheService, serverRack, siteContact, siteGreeting);
