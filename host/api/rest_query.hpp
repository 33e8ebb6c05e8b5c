// What the routes of history and hooks share: reading a query string, making a reply. Private to host/control. [any]
#pragma once

#include <Poco/URI.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "host/net/http_types.hpp"

namespace hookswitch::api {

/// Names and values, decoded. False: not percent-encoding.
bool parameters(std::string_view query, Poco::URI::QueryParameters& out);
/// 400 that names the first parameter which is not among `known`; status 0: there is none. `known` in the order in
/// which the sentence names them; empty: the route takes no parameters.
net::HttpReply knownOnly(std::string_view query, std::initializer_list<const char*> known);
/// A whole number from 1 to `most`.
bool parseLimit(const std::string& text, std::size_t most, std::size_t& out);
/// 400 with this sentence.
net::HttpReply badQuery(const std::string& sentence);
/// 503: nobody knows whether it is there.
net::HttpReply unreadable();
/// 200 with this body; `type` null: JSON.
net::HttpReply goodReply(std::string body, const char* type = nullptr);

}  // namespace hookswitch::api
