// Which plugin has which path: routes and WebSocket endpoints, and what becomes of a path that two of them claim.
#pragma once

#include <hookswitch/abi.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/plugin/registry.hpp"

namespace hookswitch::control {

struct Route {
  std::string plugin, method, path, call_query;
  bool open = false;  ///< the plugin authenticates the request itself
};
struct Endpoint {
  std::string plugin, prefix;  ///< "/twilio/media-stream/"; the token follows
  bool ask = false;            ///< every upgrade is shown to the plugin first
};

/// A carrier's webhook that goes to the wrong plugin loses calls without a word, so nobody gets a path by being earlier
/// in the alphabet. Who has served a path goes on, whoever comes later and whatever becomes of its session meanwhile.
/// Of two that come at once, the one whose id is the first part of the path (/twilio/voice) has it; else neither. The
/// same path with another method, and an endpoint that begins with another's, are the same claim. Pure. [control]
class Claims {
 public:
  static constexpr std::size_t max_of_one = 64;  ///< routes, and endpoints, of one plugin

  /// What HKS_ROUTE or HKS_ENDPOINT asks for. Fails when there can be no such claim; conflicts come out of decide().
  base::Result<void> take(const std::string& plugin, const hks_route& message);
  base::Result<void> add(Route route);
  base::Result<void> addEndpoint(const std::string& plugin, const std::string& path, bool ask);
  /// Its session is gone: it serves nothing, and what it had waits for it.
  void withdraw(const std::string& plugin);
  /// It is switched off: what it had is free.
  void forget(const std::string& plugin);

  /// Decide about everything that was claimed. `serves`: is the plugin there now? What it had and claims no more is
  /// free then. `conflict(plugin, sentence)`: once for every new one.
  void decide(const std::function<bool(const std::string& plugin)>& serves,
              const std::function<void(const std::string& plugin, const std::string& sentence)>& conflict);

  const std::vector<Route>& routes() const { return good_routes_; }
  const std::vector<Endpoint>& endpoints() const { return good_endpoints_; }
  /// What the plugin claims and does not have, for people; empty: nothing.
  std::string conflicts(const std::string& plugin) const;
  /// Why nobody serves this path; empty: nobody wants it, or somebody does.
  std::string contested(const std::string& path) const;

 private:
  struct Claim {
    std::string plugin, shown, key;  // key: a path, or a prefix that ends in '/'
    bool endpoint = false;
    std::size_t index = 0;  // in routes_ or endpoints_
  };
  struct Held {
    std::string plugin, key;
    bool endpoint = false;
  };
  static bool overlap(const std::string& a, bool a_endpoint, const std::string& b, bool b_endpoint);
  std::vector<Claim> all() const;
  int rank(const Claim& claim) const;
  std::string objection(const Claim& claim, const Claim& other);
  void grant(const Claim& claim);
  void dropHeld(const std::vector<Claim>& claims, const std::function<bool(const std::string&)>& serves);
  template <class Drop>
  void drop(Drop owner);

  std::vector<Route> routes_, good_routes_;
  std::vector<Endpoint> endpoints_, good_endpoints_;
  std::vector<Held> held_;
  std::vector<Claim> away_;                                    // of plugins whose session is gone for a while
  std::map<std::string, std::vector<std::string>> conflicts_;  // by plugin
  std::map<std::string, std::string> contested_;               // by path
};

/// For --check: every active plugin is started, which does no I/O, and asked for nothing else. One sentence for each
/// claim that it would not get, with its file's name.
std::vector<std::string> conflictingClaims(const plugin::Registry& registry,
                                           const std::map<std::string, std::map<std::string, std::string>>& sections,
                                           const std::string& public_url, const std::string& version);

}  // namespace hookswitch::control
