<?php
// Berths of a harbour.
namespace Net\Harbour;

const LONGEST = 400;

interface Fits
{
    public function fits(int $length): bool;
}

trait Ropes
{
    protected int $ropes = 2;
}

/**
 * Where a ship lies.
 */
#[Entity]
abstract class Berth extends Place implements Fits
{
    use Ropes;

    const DEPTH = 12;
    private ?string $name = null;

    public function __construct(private int $length)
    {
        $this->length = $length;
    }

    // Ties a ship.
    public static function moor(
        string $ship,
        int ...$lines
    ): static {
        return new static(1);
    }

    abstract protected function größe(): int;
}

enum Water: string
{
    case Low = 'low';
    case High = 'high';
}

function leave(string $ship): void
{
    echo $ship;
}
