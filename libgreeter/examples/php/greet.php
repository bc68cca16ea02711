<?php
/* A PHP host of the greeter, through include/greeter.cdef.
 *
 *     php libgreeter/examples/php/greet.php build/libgreeter.v2.so
 *
 * Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
 * not a library that this program can use.
 */
declare(strict_types=1);

const FAILED = 1, USAGE = 2, NOT_USABLE = 3;

/** The file is not a hotso library of this ABI. */
class NotUsable extends RuntimeException {}

/** A function of the library failed; the message is its message. */
class GreeterError extends RuntimeException {}

final class Greeter
{
    private const TIMEOUT = 10_000_000_000; // nanoseconds

    private FFI $lib;
    public readonly int $abi;
    public readonly string $name, $version;

    public function __construct(string $path)
    {
        try {
            $this->lib = FFI::cdef(file_get_contents(__DIR__ . '/../../../include/greeter.cdef'), $path);
        } catch (FFI\Exception $e) {
            throw new NotUsable($e->getMessage(), 0, $e);
        }
        $d = $this->lib->hotso_describe();
        if (FFI::string($d->magic, 8) !== "hotso\0\0\1" || $d->abi !== $this->lib->HOTSO_ABI_VERSION) {
            throw new NotUsable("$path: not a hotso library of ABI {$this->lib->HOTSO_ABI_VERSION}");
        }
        $this->abi = $d->abi;
        $this->name = FFI::string($d->name);
        $this->version = FFI::string($d->version);
    }

    public function start(): void
    {
        $this->check($this->lib->hotso_start(self::TIMEOUT));
    }

    public function stop(): void
    {
        $this->check($this->lib->hotso_stop(self::TIMEOUT));
    }

    public function greet(): string
    {
        $pointer = $this->lib->Greet();
        $this->checkPending();
        try {
            return FFI::string($pointer);
        } finally {
            $this->lib->hotso_free($pointer);
        }
    }

    public function add(int $a, int $b): int
    {
        $sum = $this->lib->Add($a, $b);
        $this->checkPending();
        return $sum;
    }

    /** @return array{string, bool} the greeting, and whether it was longer than $capacity and had to be taken */
    public function greetName(string $name, int $capacity = 32): array
    {
        $out = $this->lib->new("char[$capacity]");
        $length = $this->lib->new('size_t');
        $status = $this->lib->GreetName($name, strlen($name), $out, $capacity, FFI::addr($length));
        if (($status & 0xff) === $this->lib->HOTSO_TOO_SMALL) {
            return [$this->take($status, $length->cdata), true];
        }
        $this->check($status);
        return [FFI::string($out, $length->cdata), false];
    }

    private function check(int $status): void
    {
        if ($status !== $this->lib->HOTSO_OK) {
            throw new GreeterError($this->take($status, 256));
        }
    }

    /** After a function that has no status to return: did it panic? */
    private function checkPending(): void
    {
        if ($this->lib->hotso_pending !== 0) {
            $this->check($this->lib->hotso_take_status());
        }
    }

    /** The bytes kept for a status; $size is how many are expected, more are taken too. */
    private function take(int $status, int $size): string
    {
        $length = $this->lib->new('size_t');
        $length->cdata = $size;
        do {
            $capacity = $length->cdata;
            $out = $this->lib->new('char[' . max(1, $capacity) . ']');
            $kind = $this->lib->hotso_take($status, $out, $capacity, FFI::addr($length)) & 0xff;
        } while ($kind === $this->lib->HOTSO_TOO_SMALL);
        return FFI::string($out, $length->cdata);
    }
}

function main(array $args): int
{
    if (count($args) !== 2) {
        fwrite(STDERR, "usage: greet.php LIBRARY\n");
        return USAGE;
    }
    try {
        $greeter = new Greeter($args[1]);
        $who = $greeter->name === '' ? 'not sealed' : "$greeter->name $greeter->version";
        echo "library: $who, ABI $greeter->abi\n";
        $greeter->start();
        echo "Greet: {$greeter->greet()}\n";
        echo "Add: 40 + 2 = {$greeter->add(40, 2)}\n";
        foreach (['Ada', 'Augusta Ada King, Countess of Lovelace', ''] as $name) {
            try {
                [$text, $taken] = $greeter->greetName($name);
                echo "GreetName: $text", $taken ? ' (' . strlen($text) . " bytes, taken)\n" : "\n";
            } catch (GreeterError $e) {
                echo "GreetName: error: {$e->getMessage()}\n";
            }
        }
        $greeter->stop();
        echo "stopped\n";
    } catch (NotUsable | GreeterError $e) {
        fwrite(STDERR, $e->getMessage() . "\n");
        return $e instanceof NotUsable ? NOT_USABLE : FAILED;
    }
    return 0;
}

exit(main($argv));
