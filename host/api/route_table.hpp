// The gateway's own routes: each is declared once, with everything that there is to say about it. Which one a request
// means, and what a request for none of them is told, follow from the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/net/http_server.hpp"
#include "host/net/http_types.hpp"

namespace hookswitch::api {

struct Context;

/// A parameter of a query or a field of a body, for a description of the API.
struct Described {
  std::string_view name, type;  ///< type: "string", "integer", "boolean", "object" or "array"
  std::string meaning;
  bool required = false;
  std::int64_t least = 0, most = 0;  ///< bytes of a text or of a written object; the range of a number. 0, 0: neither
};

/// A request that means one of the routes.
struct Asked {
  std::shared_ptr<const net::HttpRequest> request;
  std::vector<std::string> names;  ///< what stands in the path for {id}, as it was sent
  net::HttpResponder respond;
};

enum class Who : std::uint8_t {
  anybody = 1,
  key = 2,  ///< whoever Access admits
};

struct Route {
  std::string_view method;   ///< GET also answers HEAD
  std::string_view pattern;  ///< "/api/calls/{id}/end": a part in braces is any text without a slash
  Who who;
  /// On the thread of the HTTP server that has read the request; answers there or from anywhere. Not a parameter is in
  /// the query that `query` does not name.
  void (*handler)(Context& context, Asked asked);
  const char* summary;                ///< one sentence: what it does
  std::vector<Described> query = {};  ///< every parameter that it takes
  std::vector<Described> body = {};   ///< every field; empty: it reads none
};

/// Immutable once it is made. [any]
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);

  struct Found {
    const Route* route = nullptr;    ///< NULL: see the others
    std::vector<std::string> names;  ///< what stood for the braces
    std::string allow;     ///< "GET, POST": the methods of the path that was meant; empty: there is no such path
    bool options = false;  ///< the request asks for them
  };
  /// A path with a slash at its end is the same path. Where two patterns fit, the one with fewer braces is meant.
  Found find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

/// The answer where find() has no route: 404, 405 with Allow, or to OPTIONS 204 with everything that the path takes.
net::HttpReply answerWithout(const RouteTable::Found& found);

}  // namespace hookswitch::api
