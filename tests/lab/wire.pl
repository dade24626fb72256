# Passes frames on between two links with delay, loss and rate, without sch_netem, which not every kernel has: a relay of
# two packet sockets. PACKET_VNET_HDR keeps offloads intact. Arguments: ms, loss in percent, kbit/s (0: any), two link numbers.
use strict; use warnings; use Socket; use Time::HiRes qw(time);
my ($ms, $loss, $kbit, @links) = @ARGV;                                              # half of the delay each way
my (@s, @q, @next);
for (@links) {
  socket(my $s, 17, SOCK_RAW, unpack('S', pack('n', 3))) or die "socket: $!";      # AF_PACKET, ETH_P_ALL
  setsockopt($s, 263, 15, pack('i', 1)) or die "vnet_hdr: $!";                       # PACKET_VNET_HDR
  setsockopt($s, 263, 23, pack('i', 1)) or die "ignore_outgoing: $!";                # PACKET_IGNORE_OUTGOING
  bind($s, pack('SnlSCCa8', 17, 3, $_, 0, 0, 0, '')) or die "bind $_: $!";
  push @s, $s; push @q, []; push @next, 0;
}
$| = 1; print "ready\n";
while (1) {
  my ($now, $wait) = (time, undef);
  for my $i (0, 1) {
    while (@{$q[$i]} and $q[$i][0][0] <= $now) { send($s[1 - $i], (shift @{$q[$i]})->[1], 0) }
    next unless @{$q[$i]};
    my $w = $q[$i][0][0] - $now;
    $wait = $w if !defined $wait or $w < $wait;
  }
  my $bits = ''; vec($bits, fileno $_, 1) = 1 for @s;
  select($bits, undef, undef, $wait);
  for my $i (0, 1) {
    next unless vec($bits, fileno $s[$i], 1);
    defined recv($s[$i], my $frame, 70000, 0) or exit 0;                             # the link is gone
    next if $loss and rand(100) < $loss;
    my $due = time;
    if ($kbit) {                                                                     # one queue of at most a second
      $next[$i] = $due if $next[$i] < $due;
      next if $next[$i] - $due > 1;
      $next[$i] += length($frame) * 8 / ($kbit * 1000); $due = $next[$i];
    }
    push @{$q[$i]}, [$due + $ms / 2000, $frame];
  }
}
