package echo

import "errors"

//hotso:export
func Int8s(v []int8) ([]int8, error) { return v, nil }

//hotso:export
func Int16s(v []int16) ([]int16, error) { return v, nil }

//hotso:export
func Int32s(v []int32) ([]int32, error) { return v, nil }

//hotso:export
func Int64s(v []int64) ([]int64, error) { return v, nil }

//hotso:export
func Uint16s(v []uint16) ([]uint16, error) { return v, nil }

//hotso:export
func Uint32s(v []uint32) ([]uint32, error) { return v, nil }

//hotso:export
func Uint64s(v []uint64) ([]uint64, error) { return v, nil }

//hotso:export
func Float32s(v []float32) ([]float32, error) { return v, nil }

//hotso:export
func Float64s(v []float64) ([]float64, error) { return v, nil }

// Temperatures is a named slice type of a named element type.
type Temperatures []Celsius

// Rising keeps what is warmer than all before it.
//
//hotso:export
func Rising(t Temperatures) Temperatures {
	var rising Temperatures
	for _, c := range t {
		if len(rising) == 0 || c > rising[len(rising)-1] {
			rising = append(rising, c)
		}
	}
	return rising
}

// Sum adds without copying. It fails if there is nothing to add.
//
//hotso:export
func Sum(v []float64) (sum float64, err error) {
	if len(v) == 0 {
		return 0, errors.New("nothing to add")
	}
	for _, x := range v {
		sum += x
	}
	return sum, nil
}
