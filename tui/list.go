package tui

// list is the cursor of a virtual list: which of n items is selected and which
// is the first one shown. It knows nothing of the items, so a list of 300,000
// costs what its visible rows cost.
type list struct {
	cursor, top int
	// rows is how many rows the last view had, which paging needs.
	rows int
}

// move carries out a movement over n items; ok says whether it was one.
func (l *list) move(a action, n int) (ok bool) {
	page := max(1, l.rows-1)
	switch a {
	case actUp:
		l.cursor--
	case actDown:
		l.cursor++
	case actHalfUp:
		l.cursor -= max(1, l.rows/2)
	case actHalfDown:
		l.cursor += max(1, l.rows/2)
	case actPageUp:
		l.cursor -= page
	case actPageDown:
		l.cursor += page
	case actTop:
		l.cursor = 0
	case actBottom:
		l.cursor = n - 1
	default:
		return false
	}
	l.clamp(n)
	return true
}

// clamp brings the cursor back among n items.
func (l *list) clamp(n int) { l.cursor = max(0, min(l.cursor, n-1)) }

// jump selects item to, leaving it on the row of the screen where the
// selection was, so that items arriving above it do not move it.
func (l *list) jump(to int) {
	l.top += to - l.cursor
	l.cursor = to
}

// window scrolls just enough for the cursor to be among the rows shown, and
// returns the items to show.
func (l *list) window(n, rows int) (from, to int) {
	l.rows = rows
	l.clamp(n)
	l.top = min(l.top, l.cursor)
	l.top = max(l.top, l.cursor-rows+1)
	l.top = max(0, min(l.top, n-rows))
	return l.top, min(n, l.top+rows)
}
