package main

import "time"

// A link sends to all downloads at once, each the same. All are of one size, so that they end in the order in which
// they began.
type link struct {
	queue []*download
	each  float64       // bytes that were sent to each so far
	at    time.Duration // when that was
	turn  int           // counts what changes the speed
}

// speed is that of one download, in bytes per second; 0: no limit.
func (s *simulation) speed() float64 {
	each := s.bandwidth / float64(max(len(s.link.queue), 1))
	if s.hostLink > 0 && (each == 0 || each > s.hostLink) {
		each = s.hostLink
	}
	return each
}

// send does what was sent since.
func (s *simulation) send() {
	l := &s.link
	l.each += s.speed() * (s.now - l.at).Seconds()
	l.at = s.now
}

func (s *simulation) fetch(d *download) {
	s.sent += float64(s.size)
	if s.bandwidth == 0 && s.hostLink == 0 {
		s.at(s.now, func() { s.fetched(d) })
		return
	}
	s.send()
	d.ends = s.link.each + float64(s.size)
	s.link.queue = append(s.link.queue, d)
	s.await()
}

// abandon ends a download early; its host looks again at once.
func (s *simulation) abandon(d *download) {
	s.send()
	for i, other := range s.link.queue {
		if other == d {
			s.sent -= d.ends - s.link.each
			s.link.queue = append(s.link.queue[:i:i], s.link.queue[i+1:]...)
			break
		}
	}
	d.host.fetching = nil
	s.await()
	s.turn(d.host)
}

// await has the first download end in time.
func (s *simulation) await() {
	l := &s.link
	l.turn++
	if len(l.queue) == 0 {
		return
	}
	turn, left := l.turn, l.queue[0].ends-l.each
	s.at(s.now+time.Duration(max(left, 0)/s.speed()*float64(time.Second))+1, func() {
		if turn != l.turn {
			return
		}
		s.send()
		var done []*download
		for len(l.queue) > 0 && l.queue[0].ends <= l.each+1 {
			done, l.queue = append(done, l.queue[0]), l.queue[1:]
		}
		s.await()
		for _, d := range done {
			s.fetched(d)
		}
	})
}
