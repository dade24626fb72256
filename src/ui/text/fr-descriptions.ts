/** What the API says of its fields, in French; tests/panel-language.test.ts finds what is missing. */
export const frDescriptions: Readonly<Record<string, string>> = {
  'A repository without a work tree; made if it is not there': 'Un dépôt sans arbre de travail ; créé s’il manque',
  "Where they are kept; files/ below the server's root unless given":
    'Où ils sont gardés ; files/ sous la racine du serveur si vide',
  'A directory on the share, as its own server sees it': 'Un répertoire du partage, tel que son propre serveur le voit',
  'The same directory as other servers see it, by their names; those that are not named do not have it':
    'Le même répertoire tel que d’autres serveurs le voient, par leur nom ; ceux qui n’y sont pas ne l’ont pas',
  'Where they are kept over there': 'Où ils sont gardés là-bas',
  'Where its sshd answers, as the servers that use it reach it':
    'Où répond son sshd, tel que les serveurs qui s’en servent l’atteignent',
  'As whom: one who may do nothing else': 'En tant que qui : quelqu’un qui ne peut rien d’autre',
  'A key of its own for this service, without a passphrase: @FILE':
    'Une clé propre à ce service, sans phrase de passe : @FICHIER',
  'What it is known by: ssh-keyscan HOST shows them, to be compared over there with ssh-keygen -lf':
    'À quoi on le reconnaît : ssh-keyscan HÔTE les montre, à comparer là-bas avec ssh-keygen -lf',
  'Server whose file service keeps a second copy of each':
    'Serveur dont le service de fichiers garde une deuxième copie de chacune',
  'With a file service: keep the first copy on this server too, so that a restore has it at hand':
    'Avec un service de fichiers : garder aussi la première copie sur ce serveur, pour l’avoir sous la main à la restauration',
  'Where the store answers': 'Où répond le magasin',
  'Made if it is not there and the key may': 'Créé s’il manque et si la clé le permet',
  'Before every name': 'Devant chaque nom',
  'A repository; made if it is not there': 'Un dépôt ; créé s’il manque',
  'How many sites it may have; as many as it likes unless given':
    'Combien de sites il peut avoir ; sans limite si vide',
  'How many backups': 'Combien de sauvegardes',
  'How much its sites and backups may take, in MB': 'La place que ses sites et sauvegardes peuvent prendre, en Mo',
  'Locking disables its sites with a notice; unlocking enables those again':
    'Le verrou désactive ses sites avec un avis ; le lever les réactive',
  'Give it this role at once': 'Lui donner ce rôle tout de suite',
  'With a role: for this client; for the whole hub unless given':
    'Avec un rôle : pour ce client ; pour tout le hub si vide',
  'Answer a link with which its person chooses a password':
    'Donner un lien avec lequel la personne choisit son mot de passe',
  "Whose it is; one's own unless given. Through the socket: 'admin', made on demand":
    'À qui il est ; à soi-même si vide. Par le socket : « admin », créé au besoin',
  'In 90 days (setting token.valid-days) unless given; null: never':
    'Dans 90 jours (réglage token.valid-days) si vide ; null : jamais',
  "What it is limited to: permissions as a role has them, or 'read'; to nothing unless given":
    'À quoi il est limité : des permissions comme celles d’un rôle, ou « read » ; à rien si vide',
  'As it was answered to what came before': 'Tel que la réponse précédente le donnait',
  'Of the authenticator app': 'De l’application d’authentification',
  "What stands behind '?' in the address one came back to": 'Ce qui suit « ? » dans l’adresse de retour',
  'Of a passkey, as session passkey-begin answered it': 'D’une clé d’accès, tel que session passkey-begin l’a donné',
  "What stands behind '#' in the link": 'Ce qui suit « # » dans le lien',
  "As GET /api/permissions has them: 'site read', 'site task', or one task by its name":
    'Comme dans GET /api/permissions : « site read », « site task », ou une tâche par son nom',
  'For what this client owns; for the whole hub unless given':
    'Pour ce que ce client possède ; pour tout le hub si vide',
  "Where ssh finds it; 'localhost', the hub's own machine, unless given":
    'Où ssh le trouve ; « localhost », la machine du hub, si vide',
  'How many tasks it has at once, over all workers; null: as many as these take':
    'Combien de tâches à la fois, tous travailleurs ensemble ; null : autant qu’ils en prennent',
  'Where its sshd listens; 22 unless given': 'Où son sshd écoute ; 22 si vide',
  'Where its sshd listens; behind another one it is believed anew, as under another host':
    'Où son sshd écoute ; derrière un autre, il est cru à nouveau, comme sous un autre hôte',
  'It was set up anew: its verify pins the host keys that it shows now':
    'Il a été réinstallé : sa vérification retient les clés d’hôte qu’il montre maintenant',
  "Below this lies all that we keep there; '/var/aegir' unless given":
    'Tout ce que nous y gardons est dessous ; « /var/aegir » si vide',
  "Name of the engine: 'nginx', 'mysql', …": 'Nom du moteur : « nginx », « mysql », …',
  'What the engine can be told; see GET /api/engines': 'Ce qu’on peut dire au moteur ; voir GET /api/engines',
  'Only the given options change; null resets one, or all':
    'Seules les options données changent ; null en remet une, ou toutes, à leur valeur première',
  'Its directory on the server, absolute; what a source builds is built there':
    'Son dossier sur le serveur, absolu ; ce qu’une source construit y est construit',
  'The server it lies on; the only one with a web server unless given':
    'Le serveur où elle se trouve ; le seul qui a un serveur web si vide',
  'Only these clients may use it; none: all of them': 'Seuls ces clients peuvent s’en servir ; aucun : tous',
  'What to build it from, as a type and its fields: archive location sha256 docroot; git repository ref composer docroot; composer package version repository; debian package; makefile makefile; path, where the code is there':
    'De quoi la construire : un type et ses champs ; path si le code est déjà là',
  'A tar or zip file: address, or path on the server': 'Un fichier tar ou zip : adresse, ou chemin sur le serveur',
  'What the file must have; needed for http': 'Ce que le fichier doit avoir ; exigé pour http',
  'Directory in it that holds index.php, where it is not found by itself':
    'Le dossier qui contient index.php, s’il n’est pas trouvé seul',
  'Address, or path on the server': 'Adresse, ou chemin sur le serveur',
  "Branch, tag or whole commit; the repository's own choice unless given":
    'Branche, étiquette ou commit entier ; le choix du dépôt si vide',
  'Install what its composer.json asks for (without --dev)': 'Installer ce que son composer.json demande (sans --dev)',
  'A project such as drupal/recommended-project': 'Un projet comme drupal/recommended-project',
  'Such as ^10 or 10.1.8; the newest unless given': 'Comme ^10 ou 10.1.8 ; la plus récente si vide',
  'Composer repository of the project: address, or directory of zip files':
    'Dépôt Composer du projet : adresse, ou dossier de fichiers zip',
  'An installed Debian package such as wordpress': 'Un paquet Debian installé, comme wordpress',
  'Drush make file: address, or path on the server': 'Fichier make de Drush : adresse, ou chemin sur le serveur',
  'Its canonical host name': 'Son nom d’hôte canonique',
  "'standard', or the platform's first, unless given": '« standard », ou le premier de la plateforme, si vide',
  'Of the site and its first account': 'Du site et de son premier compte',
  "Whose it is; 'main' unless given": 'À qui il est ; « main » si vide',
  "Whose db service it uses; the platform's server, or the only one":
    'Le serveur de sa base de données ; celui de la plateforme, ou le seul, si vide',
  "Server whose dns service makes its records, null: none; the platform's server, if it has one":
    'Le serveur dont le DNS tient ses noms, null : aucun ; celui de la plateforme, s’il en a un',
  'Other names of the site; { name, redirect: true } redirects to the canonical one':
    'Autres noms du site ; { name, redirect: true } renvoie vers le nom canonique',
  'It lies in the platform already: take it over': 'Il est déjà dans la plateforme : le reprendre',
  'Of an imported site: number of the backup that it is made of':
    'D’un site importé : numéro de la sauvegarde dont il est fait',
  "With a backup: run the updates that the platform's code wants":
    'Avec une sauvegarde : faire les mises à jour que le code de la plateforme demande',
  'Of an imported site, below sites/; its name unless given': 'D’un site importé, sous sites/ ; son nom si vide',
  'Only say what the task would do': 'Dire seulement ce que la tâche ferait',
  'Canonical host name of the new site': 'Nom d’hôte canonique du nouveau site',
  'Where it is made; the platform of this one unless given': 'Où il est fait ; la plateforme de celui-ci si vide',
  'Whose db service it uses; that of this one unless given':
    'Le serveur de sa base de données ; celui de ce site si vide',
  'Whose it is; the client of this one unless given': 'À qui il est ; au client de celui-ci si vide',
  'As this one has it unless given, with a certificate of its own': 'Comme celui-ci si vide, avec un certificat à lui',
  'For how many seconds others may remember its records; null: as its dns service says':
    'Pendant combien de secondes les autres peuvent retenir ses noms ; null : comme le dit son service DNS',
  'Server whose dns service makes its records; null: none': 'Le serveur dont le DNS tient ses noms ; null : aucun',
  "How often it runs its cron: 15m, 1h, 1d, or 'off'; as the setting cron.every says unless given":
    'Tous les combien son cron passe : 15m, 1h, 1d ou « off » ; selon le réglage cron.every si vide',
  'Over the web, or by command line': 'Par le web, ou en ligne de commande',
  "How often it is backed up: 6h, 1d, or 'off'; as the queue backup says unless given":
    'Tous les combien il est sauvegardé : 6h, 1d ou « off » ; selon la file backup si vide',
  'Which of its backups are kept: last, daily, weekly, monthly; as the setting backup.retention says':
    'Quelles sauvegardes sont gardées : dernières, par jour, semaine, mois ; selon le réglage backup.retention',
  'The newest so many': 'Les plus récentes, tant',
  'The newest of each of so many days that have one': 'La dernière de chaque jour, pour tant de jours qui en ont une',
  '… of so many weeks, which begin on Monday': '… de tant de semaines, qui commencent le lundi',
  '… of so many months': '… de tant de mois',
  'Where days begin': 'Où commencent les jours',
  "As said aloud: 'site verify'": 'Tel qu’on le dit : « site verify »',
  'See GET /api/task-types': 'Voir GET /api/task-types',
  'Only say what it would do': 'Dire seulement ce qu’elle ferait',
  'Not before this time': 'Pas avant ce moment',
  'Lower runs first': 'La plus petite passe d’abord',
  'The platform they are to be on': 'La plateforme où ils doivent être',
  'These sites and no others': 'Ces sites et aucun autre',
  'So many go first; the others only when all of these are done':
    'Tant passent d’abord ; les autres seulement quand ceux-là ont réussi',
  'How many at once': 'Combien à la fois',
  'With so many failures no more is begun': 'Après tant d’échecs, rien d’autre n’est commencé',
  'All sites that a list with this filter shows; {} means every site':
    'Tous les sites qu’une liste avec ce filtre montre ; {} : tous les sites',
  "Of all that have no period of their own: 15m, 1h, 7d, or 'off'":
    'De tout ce qui n’a pas de rythme à soi : 15m, 1h, 7d ou « off »',
  "Hours in which it begins anything: '22:00-04:00 Europe/Berlin'; always unless given":
    'Heures où elle commence quelque chose : « 22:00-04:00 Europe/Berlin » ; toujours si vide',
  'How many at once on one server': 'Combien à la fois sur un serveur',
  "The endpoint that answers it: 'site list'": 'Le point d’accès qui y répond : « site list »',
  'Filters, q, sort and columns, as the panel has them in its address':
    'Filtres, q, tri et colonnes, comme dans l’adresse du panneau',
  "'task failed', 'task stuck', 'drift found' or 'batch failed'":
    '« task failed », « task stuck », « drift found » ou « batch failed »',
  'always: of all that you may see': 'always : de tout ce que vous pouvez voir',
  'Whose; your own unless you name another': 'De qui ; les vôtres si vous ne nommez personne',
  'Remove the code too, with all that is in its directory; only where Aegir has built it':
    'Supprimer aussi le code, avec tout ce que contient son dossier ; seulement si Aegir l’a construit',
  "Number of the backup that it is made of; without it, it lies in the platform's directory":
    'Numéro de la sauvegarde dont il est fait ; sinon il est dans le dossier de la plateforme',
  "With a backup: run the updates that the platform's code wants on its database":
    'Avec une sauvegarde : faire les mises à jour que le code demande à sa base de données',
  'Id of the site that it is made of': 'Numéro du site dont il est fait',
  'Platform that it goes to, on another web server': 'La plateforme où il va, sur un autre serveur web',
  'For how many seconds the world may remember its records around the move':
    'Combien de secondes le monde peut retenir ses enregistrements autour du déplacement',
  'How many seconds before the move; as long as the records were remembered at least; setting staged-move.lower-seconds unless given':
    'Combien de secondes avant le déplacement ; au moins le temps que les enregistrements étaient retenus ; réglage staged-move.lower-seconds si vide',
  'How many seconds it is watched after the move; setting staged-move.watch-seconds unless given':
    'Combien de secondes il est observé après le déplacement ; réglage staged-move.watch-seconds si vide',
  'How long before a move in stages the site’s records are remembered for a short time only; as long as they were remembered at least':
    'Combien de secondes avant un déplacement par étapes les enregistrements du site ne sont retenus que brièvement ; au moins le temps qu’ils étaient retenus',
  'How long a site that has moved in stages is watched before its records are remembered for long again':
    'Combien de secondes un site déplacé par étapes est observé avant que ses enregistrements ne soient de nouveau retenus longtemps',
  'Fail when its front page does not answer well, or does not answer':
    'Échouer quand sa page d’accueil ne répond pas bien, ou pas du tout',
  'With strict: the status that its front page answered before, which is well enough':
    'Avec strict : le statut que sa page d’accueil répondait avant, ce qui suffit',
  'Platform that it goes to; it may be on another server':
    'La plateforme où il va ; elle peut être sur un autre serveur',
  'Server whose db service its database goes to; it stays where it is unless given':
    'Le serveur où va sa base de données ; elle reste où elle est si rien n’est indiqué',
  'How many seconds the former web server goes on answering at most, where resolvers may still send visitors there (60)':
    'Combien de secondes au plus l’ancien serveur web continue de répondre, tant que des résolveurs peuvent y envoyer des visiteurs (60)',
  'Only try it on a copy that is thrown away, and report what would happen; the site stays open':
    'Essayer seulement sur une copie jetée ensuite, et dire ce qui arriverait ; le site reste ouvert',
  'Switch over although the copy has logged errors; they are in the log':
    'Basculer bien que la copie ait noté des erreurs ; elles sont dans le journal',
  'Server whose db service its database goes to': 'Le serveur où va sa base de données',
  'Platform with the same release on the web server that it goes to':
    'Plateforme de la même version sur le serveur web où il va',
  'Its new name; may be one of its aliases': 'Son nouveau nom ; peut être un de ses alias',
  'What its old name does: lead to the new one, show the site too, or be free again':
    'Ce que fait son ancien nom : mener au nouveau, montrer aussi le site, ou être libre',
  'Leave its directory where it is': 'Laisser son dossier où il est',
  'What it is for': 'Pour quoi elle est faite',
  'Who asks: a person, or the clock': 'Qui demande : une personne, ou l’horloge',
  'Number of the backup that it is made of': 'Numéro de la sauvegarde dont il est fait',
  'Back up what is there now, before it is replaced': 'Sauvegarder ce qui est là maintenant, avant de le remplacer',
  "Run the updates that the platform's code wants on it":
    'Y faire les mises à jour que le code de la plateforme demande',
  'Delete it although it is enabled.': 'Le supprimer bien qu’il soit activé.',
  'Back it up before anything of it is removed': 'Le sauvegarder avant que rien n’en soit supprimé',
  'How the site was called there, where the archive does not say it':
    'Comment le site s’appelait là-bas, si l’archive ne le dit pas',
  'Its directory below sites/ there, where the archive does not say it; its name unless given':
    'Son dossier sous sites/ là-bas, si l’archive ne le dit pas ; son nom si vide',
  'So much may be in it when it is unpacked': 'Tant peut s’y trouver une fois dépaqueté',
  'Addresses at which the world reaches its sites: those of their DNS records':
    'Adresses où le monde atteint ses sites : celles de leurs enregistrements DNS',
  'Name at which it does: their DNS records are CNAMEs of it, but at the top of a zone':
    'Nom où il les atteint : leurs enregistrements DNS y renvoient par CNAME, sauf au sommet d’une zone',
  'Port for http': 'Port pour http',
  'Port for https': 'Port pour https',
  'Further ports for http': 'Autres ports pour http',
  'Addresses to listen on; none: all of IPv4 and IPv6': 'Adresses où écouter ; aucune : toutes, IPv4 et IPv6',
  'Directory of our configuration, if not below that of the server':
    'Dossier de notre configuration, s’il n’est pas sous celui du serveur',
  "Of a web server: 'servers' for one that is a member or the front of clusters only; 'sites' unless given":
    "D'un serveur web : « servers » s'il n'est que membre ou façade de grappes ; « sites » sinon",
  'Servers whose web servers publish its sites, at the same paths':
    'Serveurs dont les serveurs web publient ses sites, aux mêmes chemins',
  'Server whose nginx passes requests on to the members; without, the DNS leads to all of them':
    'Serveur dont le nginx transmet les requêtes aux membres ; sans lui, le DNS mène à tous',
  'Addresses of servers in front of it, whose word for where a visitor comes from is taken':
    "Adresses des serveurs placés devant, que l'on croit quand ils disent d'où vient un visiteur",
  'With https required: for how many seconds browsers come by https only (HSTS). 0 ends that; null: they are told nothing':
    'Avec https obligatoire : pendant combien de secondes les navigateurs ne viennent qu’en https (HSTS). 0 y met fin ; null : rien ne leur est dit',
  'Largest request, in MB': 'Plus grande requête, en Mo',
  'Host of the database server; localhost: through its Unix socket':
    'Hôte du serveur de bases de données ; localhost : par son socket Unix',
  'Unix socket, if it is not where the client program looks for it':
    'Socket Unix, s’il n’est pas où le programme client le cherche',
  'User that may make databases and users': 'Utilisateur qui peut créer bases et utilisateurs',
  'Its password; none: the server believes the operating system':
    'Son mot de passe ; aucun : le serveur croit le système d’exploitation',
  'Where sites on other servers reach it; by default the name of its server, or the host if that is not localhost':
    'Où les sites d’autres serveurs la joignent ; à défaut le nom de son serveur, ou l’hôte s’il n’est pas localhost',
  'Where sites connect from, as the database server sees them; found out by itself unless given':
    'D’où viennent les sites : les serveurs web, tels que le serveur de bases de données les voit',
  'Directory of the Unix socket, if it is not where psql looks for it':
    'Dossier du socket Unix, s’il n’est pas où psql le cherche',
  'Where sites reach it; by default 127.0.0.1 where the host is localhost, as Debian asks for a password only there':
    'Où les sites l’atteignent ; 127.0.0.1 si l’hôte est localhost, car Debian n’y demande un mot de passe que là',
  "Where they are kept; backups/ below the server's root unless given":
    'Où elles sont gardées ; backups/ sous le dossier du serveur si vide',
  'How hard zstd tries: 1 is quickest, 19 smallest': 'L’effort de zstd : 1 le plus rapide, 19 le plus petit',
  'Where it is': 'Où il se trouve',
  'What it is encrypted with: keep a copy, without it nothing can be restored':
    'Ce qui le chiffre : gardez-en une copie, sans elle rien ne peut être restauré',
  'Of an S3 store': 'D’un stockage S3',
  'Of an S3 store that wants one': 'D’un stockage S3 qui en veut une',
  'Private key for sftp; what ssh is configured for unless given':
    'Clé privée pour sftp ; selon la configuration de ssh si vide',
  'File with the key of the sftp server; what ssh knows unless given':
    'Fichier avec la clé du serveur sftp ; ce que ssh connaît si vide',
  'Zones that it may change; none: all that its server has':
    'Zones qu’il peut changer ; aucune : toutes celles de son serveur',
  'How long others may remember a record: low means that a site that moves is found sooner':
    'Combien de temps un enregistrement peut être retenu : court, un site qui déménage est trouvé plus tôt',
  'Where the primary server of the zones answers': 'Où répond le serveur primaire des zones',
  'Name of the TSIG key, as in named.conf': 'Nom de la clé TSIG, comme dans named.conf',
  'Its secret: tsig-keygen makes one': 'Son secret : tsig-keygen en fait un',
  'Where its webserver answers': 'Où répond son serveur web',
  'As in pdns.conf': 'Comme dans pdns.conf',
  'Of another API of the same shape': 'D’une autre API de même forme',
  'A token that may edit the DNS of these zones, and read them':
    'Un jeton qui peut modifier le DNS de ces zones, et les lire',
  'How long a task waits until the records are seen; 0: not at all. When they are not, it fails and is undone':
    'Combien de temps une tâche attend de voir les enregistrements ; 0 : pas du tout. Sinon elle échoue et est défaite',
  'Name servers that are asked; none: those that the zone of a name says are its own':
    'Serveurs de noms interrogés ; aucun : ceux que la zone d’un nom dit être les siens',
  'Who has to show a proof of a name before an authority is asked; none: those that the zone says are its own':
    'Qui doit montrer la preuve d’un nom avant qu’une autorité ne soit interrogée ; vide : ceux que la zone dit siens',
  "Who is asked for those; the machine's own unless given": 'À qui les demander ; à celui de la machine si vide',
  'The user that the code of a new site runs as': 'L’utilisateur sous lequel s’exécute le code d’un nouveau site',
  'The socket of the PHP-FPM pool that serves a new site': 'Le socket du groupe PHP-FPM qui sert un nouveau site',
  'How large a backup may be that is uploaded': 'Taille maximale d’une sauvegarde téléversée, en Mo',
  'How much may be in an uploaded backup when it is unpacked':
    'Combien peut contenir une sauvegarde téléversée une fois décompressée, en Mo',
  'How many backups of each site are kept: last, daily, weekly, monthly, timeZone; null: all of them':
    'Combien de sauvegardes de chaque site sont gardées ; sans rien : toutes',
  "How often sites run their cron that have no period of their own, by application; 'off': never. Then verify them":
    'À quel intervalle s’exécute le cron des sites qui n’ont pas le leur, par application ; « off » : jamais. Vérifiez-les ensuite',
  'Whether they run it over the web or by command line, by application; web unless it is said':
    'S’il s’exécute par le web ou en ligne de commande, par application ; par le web sinon',
  'How long a cron may take; then it has failed': 'Combien de secondes un cron peut durer ; ensuite il a échoué',
  'How many runs of each site are kept, of each queue':
    'Combien d’exécutions de chaque site sont gardées, pour chaque file',
  'How many days the statistics of sites are kept': 'Combien de jours les statistiques des sites sont gardées',
  'How many days is kept who did what': 'Pendant combien de jours est gardé qui a fait quoi',
  'How many days ended tasks and their logs are kept':
    'Combien de jours les tâches terminées et leurs journaux sont gardés',
  'How large (in MiB) the code of a platform may be that Aegir builds':
    'Taille maximale (en Mio) du code d’une plateforme qu’Aegir construit',
  'How many files and directories it may have': 'Combien de fichiers et de dossiers il peut contenir',
  'Where people reach the panel: https://panel.example.com; null: on its own machine only':
    'Où l’on atteint le panneau : https://panel.example.com ; vide : seulement sur sa propre machine',
  'After how many hours without a request somebody has to sign in again':
    'Après combien d’heures sans requête il faut se connecter de nouveau',
  'After how many days somebody has to sign in again, whatever happens':
    'Après combien de jours il faut se connecter de nouveau, quoi qu’il arrive',
  'How many minutes somebody can be signed in as another, to help':
    'Combien de minutes quelqu’un peut être connecté à la place d’un autre, pour aider',
  'Roles whose accounts must have a second factor: ["administrator"]':
    'Rôles dont les comptes doivent avoir un second facteur',
  'The OpenID Connect provider that says who somebody is: issuer, client, title, domains, claim, create; null: none':
    'Le fournisseur OpenID Connect qui dit qui est quelqu’un',
  'What the hub shows to that provider: its client secret':
    'Ce que le hub montre à ce fournisseur : son secret de client',
  'The mail server that takes what the hub sends: host, port, tls, user, from, title; null: no mails':
    'Le serveur de courriel qui prend ce que le hub envoie',
  'What the hub shows to that server, with the user in mail.smtp':
    'Le mot de passe que le hub montre à ce serveur, avec l’utilisateur ci-dessus',
  'How many mails an account gets within ten minutes, before what comes is sent as one':
    'Combien de courriels un compte reçoit en dix minutes avant que ce qui suit n’en fasse plus qu’un seul',
  'Networks of your own, such as 10.1.2.0/24, that webhooks may lead to, without https if need be; else only the internet':
    'Vos propres réseaux, comme 10.1.2.0/24, où les webhooks peuvent mener, au besoin sans https ; sinon seulement internet',
  'After how many days a token expires, unless it says otherwise':
    'Après combien de jours un jeton expire, s’il ne dit pas autre chose',
  'How many days an invitation can be accepted': 'Pendant combien de jours une invitation peut être acceptée',
  'See how the hub is: its status and its queues': 'Voir comment va le hub : son état et ses files',
  'Settings, and whether queues are paused': 'Les réglages, et la pause des files',
  'Make, change and delete roles, of what one may oneself':
    'Créer, changer et supprimer des rôles, de ce que l’on peut soi-même',
  'See accounts, and who has which role': 'Voir les comptes, et qui a quel rôle',
  'Sign in as another account that may not more than oneself, to help; both are in the audit':
    'Se connecter à la place d’un compte qui ne peut pas plus que soi, pour aider ; les deux noms sont dans l’audit',
  'Make, lock and delete accounts that may not more than oneself, and their tokens':
    'Créer, verrouiller et supprimer des comptes qui ne peuvent pas plus que soi, et leurs jetons',
  'Give roles to accounts, and take them away, of what one may oneself':
    'Donner des rôles aux comptes, et les retirer, de ce que l’on peut soi-même',
  'See clients': 'Voir les clients',
  'Make, change, lock and delete clients': 'Créer, changer, verrouiller et supprimer des clients',
  'See servers and their services, without their secrets': 'Voir les serveurs et leurs services, sans leurs secrets',
  'Make, change and delete servers and services': 'Créer, changer et supprimer des serveurs et des services',
  'Every task on servers': 'Toutes les tâches sur les serveurs',
  'See platforms and what is on them; of a client: those that it may use':
    'Voir les plateformes et ce qui s’y trouve ; pour un client : celles qu’il peut utiliser',
  'Make and change platforms, and say which clients may use them':
    'Créer et changer des plateformes, et dire quels clients peuvent les utiliser',
  'Every task on platforms': 'Toutes les tâches sur les plateformes',
  'See sites, their host names, packages, tasks and logs': 'Voir les sites, leurs noms, paquets, tâches et journaux',
  'Make, clone and change sites': 'Créer, cloner et changer des sites',
  'Say of a site what reaches beyond it: paths of certificates, data of plug-ins, a site that lies there to take over':
    'Dire d’un site ce qui le dépasse : chemins de certificats, données d’extensions, un site déjà là à reprendre',
  'Every task on sites': 'Toutes les tâches sur les sites',
  'Get the one-time login link of a site': 'Obtenir le lien de connexion à usage unique d’un site',
  'See backups': 'Voir les sauvegardes',
  'Bring backups from elsewhere; pin and unpin them': 'Apporter des sauvegardes d’ailleurs ; les garder ou non',
  'Every task on backups': 'Toutes les tâches sur les sauvegardes',
  'Download backups: all of a site is in one': 'Télécharger des sauvegardes : tout un site est dans l’une d’elles',
  'Read who did what': 'Lire qui a fait quoi',
  'Give stuck tasks up': 'Abandonner des tâches bloquées',
  'The site that spares are clones of': 'Le site dont les sites de réserve sont des clones',
  "Where they are made; the template's platform unless given": 'Où ils sont faits ; la plateforme du modèle si vide',
  "Whose they are until somebody asks for them; the template's unless given":
    'À qui ils sont jusqu’à ce que quelqu’un les demande ; au client du modèle si vide',
  "How spares are called until somebody has them: 'spare-*.example.net', with a number in the place of the star":
    'Comment ils s’appellent en attendant : « spare-*.example.net », avec un numéro à la place de l’étoile',
  'How many spares there are after each window': 'Combien il y en a après chaque fenêtre',
  'With fewer than these, they are made at any time': 'En dessous de ce nombre, ils sont faits à toute heure',
  "After that a spare is not given away any more, and replaced in the window: 23h; 'off': never":
    'Au-delà, un site de réserve n’est plus donné, et il est remplacé dans la fenêtre : 23h ; « off » : jamais',
  'When spares are made and deleted, and sites renamed: 01:00-05:00 Europe/Berlin':
    'Quand les sites de réserve sont faits et supprimés, et les sites renommés : 01:00-05:00 Europe/Berlin',
  'Its host name': 'Son nom d’hôte',
  'Of the site and its first account; of the client unless given':
    'Du site et de son premier compte ; celle du client si vide',
  'Whose it is': 'À qui il est',
  'How many requests a token may send in a minute; null: as many as it likes':
    'Combien de requêtes un jeton peut envoyer en une minute ; null : sans limite',
  'How many sites a token may order in an hour; and how many may be ordered from one address':
    'Combien de sites un jeton peut commander en une heure, et combien d’une même adresse',
  'Order sites of an offer for its customers, and get their login links':
    'Commander des sites d’une offre pour ses acheteurs, et obtenir leurs liens de connexion',
  "It is for the orders of this offer, and nothing else; its account needs the permission 'offer order'":
    'Il sert aux commandes de cette offre et à rien d’autre ; son compte a besoin de la permission « offer order »',
  'Where its sites come from': 'D’où viennent ses sites',
  "How sites are called: '{name}.example.com', with what the customer chooses":
    'Comment les sites s’appellent : « {name}.example.com », avec ce que l’acheteur choisit',
  'Whose its sites are; unless given, each customer becomes a client':
    'À qui sont ses sites ; si vide, chaque acheteur devient un client',
  'How many sites a customer may have who becomes a client':
    'Combien de sites peut avoir un acheteur qui devient un client',
  'How many sites are made in 24 hours at most': 'Combien de sites sont faits en 24 heures au plus',
  'What customers may give besides name, title and account: by name, the variable of the application':
    'Ce que les acheteurs peuvent donner en plus du nom, du titre et du compte : par nom, la variable de l’application',
  'As the application calls it': 'Comme l’application la nomme',
  'As the sign-up page calls it': 'Comme la page d’inscription la nomme',
  'Of a text: how many characters': 'D’un texte : combien de caractères',
  'Disabled: nothing more is sold': 'Désactivée : plus rien n’est vendu',
  'A token that is for one offer means that one': 'Un jeton fait pour une offre désigne celle-là',
  "What stands for {name} in the offer's pattern": 'Ce qui remplace {name} dans le modèle de l’offre',
  'Of the customer, the site and its first account': 'De l’acheteur, du site et de son premier compte',
  'What the site is called': 'Comment le site s’appelle',
  "Name of the site's first account": 'Nom du premier compte du site',
  'What else the offer takes: {"slogan": "Cakes and more"}': 'Ce que l’offre prend d’autre : {"slogan": "Gâteaux"}',
  'Name of the first account': 'Nom du premier compte',
  'What else its owner says of it, by the names that the application has for them':
    'Ce que son propriétaire dit d’autre, par les noms que l’application leur donne',
  'How often somebody may sign up for a site from one address in an hour':
    'Combien de fois on peut s’inscrire pour un site depuis une adresse en une heure',
  'Anybody can order on a page of the hub, who has confirmed the mail address':
    'N’importe qui peut commander sur une page du hub, après avoir confirmé son adresse e-mail',
  'Web sites that may show that page in a frame: https://www.example.com':
    'Sites web qui peuvent montrer cette page dans un cadre : https://www.example.com',
  'The certification authority that certificates come from: the address of its ACME directory':
    'L’autorité de certification dont viennent les certificats : l’adresse de son répertoire ACME',
  'Whether you have agreed to the terms of that authority; it tells where they are at its directory':
    'Si vous avez accepté les conditions de cette autorité ; son répertoire dit où elles sont',
  'Whom the authority writes to when something is wrong; null: nobody':
    'À qui l’autorité écrit quand quelque chose ne va pas ; null : à personne',
  'Of a private authority: the certificate (PEM) by which its own server is known; null: one that the system trusts':
    'D’une autorité privée : le certificat (PEM) par lequel son propre serveur est reconnu ; null : une autorité à qui le système fait confiance',
  'See certificates; never their keys': 'Voir les certificats ; jamais leurs clés',
  'Make, bring, change and delete certificates, and give them to sites':
    'Créer, apporter, modifier et supprimer des certificats, et les donner à des sites',
  'Every task on certificates': 'Toutes les tâches sur les certificats',
  'The certificate that it uses; a self-signed one unless given':
    'Le certificat qu’il utilise ; auto-signé si rien n’est donné',
  'The certificate that it uses; null: a self-signed one': 'Le certificat qu’il utilise ; null : un auto-signé',
  "Whose it is; of its sites, or 'main', unless given":
    'À qui il est ; au client de ses sites, ou à « main », si rien n’est donné',
  'Those that use it from now on': 'Ceux qui l’utilisent désormais',
  'What it is to be for; the names of its sites unless given':
    'Pour quels noms il est ; ceux de ses sites si rien n’est donné',
  'How its names are proven: by a file of their web server, or by DNS, which names with a star need':
    'Comment ses noms sont prouvés : par un fichier de leur serveur web, ou par le DNS, nécessaire pour les noms à étoile',
  'Server whose dns service makes the records; the only one unless given':
    'Serveur dont le service dns fait les enregistrements ; le seul si rien n’est donné',
  'One that you have: its certificate and those above it, in PEM':
    'Un que vous avez : son certificat et ceux au-dessus, en PEM',
  'Its private key, in PEM without a password; it is kept sealed and told to nobody':
    'Sa clé privée, en PEM sans mot de passe ; elle est gardée scellée et n’est dite à personne',
  'null: the names of the sites that use it': 'null : les noms des sites qui l’utilisent',
  'Host names, also with a star: *.example.com': 'Noms d’hôtes, aussi avec une étoile : *.example.com',
};
