// Package harbour knows berths.
package harbour

import "fmt"

const Longest = 400

const (
	Low = iota
	High
)

var tides = map[string]float64{
	"spring": 5.5,
}

// Berth is where a ship lies.
type Berth[T any] struct {
	Length int `json:"length"`
	ship   T
	fmt.Stringer
}

type Fits interface {
	Fits(length int) bool
}

type (
	Name = string
	Größe int
)

// Moor ties a ship.
func (b *Berth[T]) Moor(ship T, lines ...int) (err error) {
	inner := func() {}
	inner()
	return nil
}

func New[T any](length int) *Berth[T] { return &Berth[T]{Length: length} }
