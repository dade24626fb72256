-- Where its sshd listens.
alter table server add column ssh_port int not null default 22 check (ssh_port between 1 and 65535);
