package contain_test

import (
	"net/http"
	"strings"
	"testing"

	"cordon/contain"
)

// TestAnswersWithNothingInThem puts something in AWS's place that says yes to
// everything: a captive portal, a wrong endpoint.
func TestAnswersWithNothingInThem(t *testing.T) {
	portal := func(body string) answer {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}
	}
	for _, body := range []string{"", `{"a":1}`} {
		for _, ref := range []contain.Ref{alice, deploy, admins} {
			kind := strings.ToUpper(string(ref.Kind[:1])) + string(ref.Kind[1:])
			for _, call := range []string{"GetCallerIdentity", "Get" + kind, "Get" + kind + "Policy"} {
				t.Run(ref.String()+" "+call+" "+body, func(t *testing.T) {
					failing(newWorld(t), ref, contain.Contain, call, portal(body), -1)
					failing(newWorld(t), ref, contain.Release, call, portal(body), -1)
				})
			}
		}
		t.Run("connecting "+body, func(t *testing.T) {
			w := newWorld(t)
			w.breaks("GetCallerIdentity", -1, portal(body))
			if a, err := w.tryConnect(w.account.Root()); err == nil {
				t.Errorf("connected as %+v", a.Caller())
			}
		})
		t.Run("a password "+body, func(t *testing.T) {
			w := newWorld(t)
			w.breaks("GetLoginProfile", -1, portal(body))
			w.breaks("GetAccessKeyLastUsed", -1, portal(body))
			w.plan(w.connect(w.account.Root()), alice)
		})
	}
}
