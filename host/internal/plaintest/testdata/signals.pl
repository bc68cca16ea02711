# Perl handles a signal every 10 milliseconds while it calls a library whose runtime works.
use v5.20;
use warnings;
use FFI::Platypus 2.00;
use Time::HiRes qw(setitimer ITIMER_REAL);

my $handled = 0;
local $SIG{ALRM} = sub { $handled++ };
setitimer(ITIMER_REAL, 0.01, 0.01);

my $ffi = FFI::Platypus->new(api => 2, lib => $ARGV[0]);
$ffi->attach(hotso_start => ['sint64']                 => 'sint32');
$ffi->attach(Add         => ['sint32', 'sint32']       => 'sint32');
$ffi->attach(Collect     => []                         => 'void');
$ffi->attach(Work        => ['sint32', 'sint64']       => 'void');
sub check { my ($what, $right) = @_; say "$what: ", $right ? 'ok' : 'failed' }

check('start', hotso_start(10**10) == 0);
for my $i (1 .. 3000) {
    Add($i, 2) == $i + 2 or check("a call", 0);
    Collect() if $i % 30 == 0;
}
# Perl gives up when 120 signals have come during one call, which on a busy machine may take a second.
Work(8, 10) for 1 .. 100;
setitimer(ITIMER_REAL, 0);
check('the handler runs', $handled > 30);
say 'end';
