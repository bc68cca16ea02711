# A Perl host of the greeter, through the C API of include/greeter.h.
#
#     perl libgreeter/examples/perl/greet.pl build/libgreeter.v2.so
#
# Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
# not a library that this program can use.
use v5.20;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(buffer_to_scalar);
use FFI::Platypus::DL;

use constant { FAILED => 1, USAGE => 2, NOT_USABLE => 3 };
use constant { ABI_VERSION => 1, MAGIC => "hotso\0\0\1", OK => 0, TOO_SMALL => 1 };
use constant TIMEOUT => 10 * 10**9;    # nanoseconds

sub fail ($code, $message) {
    chomp $message;
    say STDERR $message;
    exit $code;
}

fail(USAGE, "usage: greet.pl LIBRARY") if @ARGV != 1;
my ($path) = @ARGV;

# Platypus does not say why a library can't be loaded; the dynamic linker does.
dlopen($path, RTLD_PLATYPUS_DEFAULT) // fail(NOT_USABLE, dlerror);
my $ffi = FFI::Platypus->new(api => 2, lib => $path);
eval {
    $ffi->attach(hotso_describe    => []                                         => 'opaque');
    $ffi->attach(hotso_start       => ['sint64']                                 => 'sint32');
    $ffi->attach(hotso_stop        => ['sint64']                                 => 'sint32');
    $ffi->attach(hotso_take        => ['sint32', 'opaque', 'size_t', 'size_t*']  => 'sint32');
    $ffi->attach(hotso_take_status => []                                         => 'sint32');
    $ffi->attach(hotso_free        => ['opaque']                                 => 'void');
    $ffi->attach(Greet             => []                                         => 'opaque');
    $ffi->attach(Add               => ['sint32', 'sint32']                       => 'sint32');
    $ffi->attach(GreetName => ['string', 'size_t', 'opaque', 'size_t', 'size_t*'] => 'sint32');
    1;
} or fail(NOT_USABLE, "$path: $@");
my $pending = $ffi->find_symbol('hotso_pending') // fail(NOT_USABLE, "$path: no hotso_pending");

# hotso_description: char magic[8]; uint32_t abi, flags; char name[64], version[64]
my ($magic, $abi, undef, $name, $version) = unpack 'a8 L L Z64 Z64', buffer_to_scalar(hotso_describe(), 144);
fail(NOT_USABLE, "$path: not a hotso library of ABI " . ABI_VERSION) if $magic ne MAGIC || $abi != ABI_VERSION;

# A buffer of that many bytes, and where it is. At least one: Perl's empty strings may share theirs.
sub buffer ($size) {
    my $bytes = "\0" x ($size || 1);
    return (\$bytes, unpack 'J', pack 'P', $bytes);
}

# The bytes kept for a status; $size is how many are expected, more are taken too.
sub take ($status, $size) {
    while (1) {
        my ($out, $address) = buffer($size);
        my $kind = hotso_take($status, $address, $size, \$size) & 0xff;
        return substr $$out, 0, $size if $kind != TOO_SMALL;
    }
}

sub check ($status) {
    die take($status, 256) . "\n" if $status != OK;
}

# To be called after a function that returns no status: did it panic?
sub check_pending () {
    check(hotso_take_status()) if unpack 'L', buffer_to_scalar($pending, 4);
}

sub greet () {
    my $pointer = Greet();
    check_pending();
    my $text = $ffi->cast(opaque => 'string', $pointer);
    hotso_free($pointer);
    return $text;
}

sub add ($x, $y) {
    my $sum = Add($x, $y);
    check_pending();
    return $sum;
}

# The greeting, and whether it was longer than $capacity and had to be taken.
sub greet_name ($somebody, $capacity = 32) {
    my ($out, $address) = buffer($capacity);
    my $status = GreetName($somebody, length $somebody, $address, $capacity, \my $length);
    return (take($status, $length), 1) if ($status & 0xff) == TOO_SMALL;
    check($status);
    return (substr($$out, 0, $length), 0);
}

eval {
    my $who = $name eq '' ? 'not sealed' : "$name $version";
    say "library: $who, ABI $abi";
    check(hotso_start(TIMEOUT));
    say 'Greet: ',         greet();
    say 'Add: 40 + 2 = ', add(40, 2);
    for my $somebody ('Ada', 'Augusta Ada King, Countess of Lovelace', '') {
        if (my ($text, $taken) = eval { greet_name($somebody) }) {
            say "GreetName: $text", $taken ? ' (' . length($text) . ' bytes, taken)' : '';
        } else {
            print "GreetName: error: $@";
        }
    }
    check(hotso_stop(TIMEOUT));
    say 'stopped';
    1;
} or fail(FAILED, $@);
