// What the routes of history and hooks share: reading a query string, making a reply. Private to host/control. [any]
#pragma once

#include <Poco/URI.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "host/net/http_types.hpp"

namespace hookswitch::control {

/// Names and values, decoded. False: not percent-encoding.
bool parameters(std::string_view query, Poco::URI::QueryParameters& out);
/// A whole number from 1 to `most`.
bool parseLimit(const std::string& text, std::size_t most, std::size_t& out);
/// 400 with this sentence.
net::HttpReply badQuery(const std::string& sentence);
/// 503: nobody knows whether it is there.
net::HttpReply unreadable();
/// 200 with this body; `type` null: JSON.
net::HttpReply goodReply(std::string body, const char* type = nullptr);

}  // namespace hookswitch::control
