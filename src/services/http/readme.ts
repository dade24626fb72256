/** What an operator finds beside our files. */
export const readme = (
  server: 'nginx' | 'Apache',
  config: string,
): string => `This directory belongs to Aegir (${server}).

Aegir writes, and writes over:
  ${config}.conf   the main file; the server's own configuration includes it
  vhost.d (${server === 'nginx' ? '<two digits>.map have a section for each site, <site>.conf is a block of its own' : 'a file for each site'})
  class.d, wild.d, tls.d, and the *.conf files beside this text
  kept-room (what is given up when the disk is full, so that a site can still be put back)

You write, and Aegir only includes. Nothing here is ever changed or removed by it:
  pre.d/*.conf                        the server, before everything of Aegir's
  platform.d/*.conf                   the server, before the sites
  platform.d/<platform>/before.conf   inside the block of each site of a platform, first
  site.d/<site>/before.conf           inside the block of one site, after its platform's
  site.d/<site>/after.conf            inside the block of one site, after Aegir's lines
  platform.d/<platform>/after.conf    inside the block of each site of a platform, last
  post.d/*.conf                       the server, after everything of Aegir's

<platform> is the platform's directory with '-' for '/': /var/aegir/platforms/d10 is var-aegir-platforms-d10.
<site> is the site's name, example.com.
After adding the first file for a site or a platform, verify the site (aegir site verify <site>): it gets a block of
its own then. After changing one, test and reload the server as usual.

Answers to ACME challenges (http-01) lie in ../acme/<token>: they are served for every name, redirected and disabled
sites too.
`;
