package foreign

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestQueueDropsRecordsFirst(t *testing.T) {
	q := &queue{capacity: 3}
	q.put([]byte("event 1"), false)
	q.put([]byte("log 1"), true)
	q.put([]byte("event 2"), false)
	q.put([]byte("event 3"), false) // log 1 goes
	q.put([]byte("log 2"), true)    // no record is worth an event
	q.put([]byte("event 4"), false) // event 1 goes
	text, dropped, s := q.take(0)
	assert.Equal(t, "event 2", string(text))
	assert.EqualValues(t, 3, dropped)
	assert.Equal(t, OK, s)
	text, dropped, _ = q.take(0)
	assert.Equal(t, "event 3", string(text))
	assert.Zero(t, dropped)
	q.put([]byte("log 3"), true)
	_, _, _ = q.take(0)
	text, _, _ = q.take(0)
	assert.Equal(t, "log 3", string(text))
	_, _, s = q.take(0)
	assert.Equal(t, Timeout, s)
}

func TestQueueWakesWhoWaits(t *testing.T) {
	q := &queue{capacity: 1000}
	got := make(chan int)
	for range 4 {
		go func() {
			n := 0
			for {
				if _, _, s := q.take(-1); s != OK {
					break
				}
				n++
			}
			got <- n
		}()
	}
	for i := range 500 {
		q.put([]byte(strconv.Itoa(i)), false)
	}
	q.end()
	q.put([]byte("late"), false)
	n := 0
	for range 4 {
		n += <-got
	}
	assert.Equal(t, 500, n)
	_, _, s := q.take(time.Hour)
	assert.Equal(t, End, s)
}
